/** Judges how a conversation ended: right results or the true cause, and steps believed against steps counted. */
import { createServiceClient } from '#src/tinker/index.ts'
import { converse } from './conversation.ts'
import { stringifyJson } from '#src/tinker/wire/json.ts'
import { FaultProxy } from './proxy.ts'
import type { FailureKind } from '#src/tinker/index.ts'
import type { Call, Shape } from './conversation.ts'
import type { Fault } from './faults.ts'
import type { Servers } from './runSchedule.ts'
import type { Schedule } from './schedule.ts'

/** `counted`: by the engine. `accepted`: distinct steps that the backend took in. */
export type Steps = { readonly counted: number; readonly accepted: number }

export async function truthOf(
  schedule: Schedule,
  calls: readonly Call[],
  steps: Steps,
  servers: Servers,
): Promise<string[]> {
  const reference = new Map(
    (await referenceOf(schedule, servers.announcing.url)).map((call) => [call.name, call.ending]),
  )
  const wrong: string[] = []
  const causes = causesOn(schedule)
  for (const { name, ending } of calls) {
    if ('failure' in ending) {
      if (!causes.includes(ending.failure.kind))
        wrong.push(`${name} failed as ${ending.failure.kind}: ${ending.failure.message}`)
    } else if (schedule.day !== 'lasting' || !name.startsWith('sample')) {
      const expected = stringifyJson(reference.get(name))
      if (stringifyJson(ending) !== expected)
        wrong.push(`${name} ended with ${stringifyJson(ending).slice(0, 200)} instead of ${expected.slice(0, 200)}`)
    }
  }
  if (schedule.day === 'passing' && calls.length !== reference.size)
    wrong.push(`${calls.length} calls ended, of ${reference.size}`)
  return [...wrong, ...wrongSteps(calls, steps)]
}

/** A step that the client saw done or accepted was counted once; one that the backend took in was counted once. */
function wrongSteps(calls: readonly Call[], { counted, accepted }: Steps): string[] {
  const optim = calls.filter(({ name }) => name.startsWith('optim_step'))
  const believed = optim.filter((call) => call.accepted || 'value' in call.ending).length
  const unsure = optim.length - believed
  const wrong: string[] = []
  if (counted !== accepted) wrong.push(`${counted} optimizer steps counted, ${accepted} accepted by the server`)
  if (counted < believed || counted > believed + unsure)
    wrong.push(`${counted} optimizer steps counted, the client believes in ${believed} and is unsure about ${unsure}`)
  return wrong
}

function causesOn({ day, lasting }: Schedule): readonly FailureKind[] {
  if (day === 'closing') return ['aborted']
  return lasting === undefined ? [] : causesOf(lasting)
}

/** What a client may say about a fault that stays. A caller that waits for so long and no longer adds `timeout`. */
function causesOf(fault: Fault): readonly FailureKind[] {
  switch (fault.does) {
    case 'reset':
      return ['offline']
    case 'truncate':
      return ['offline', 'malformed']
    case 'drop':
      return ['timeout']
    case 'status':
      return statusCauses(fault)
    default:
      throw new Error(`no schedule lets this last: ${fault.does}`)
  }
}

function statusCauses({ status, body }: Extract<Fault, { does: 'status' }>): readonly FailureKind[] {
  if (status === 200) return ['malformed']
  if (status === 408) return ['timeout']
  // After an attempt without an answer a refused number is taken for that attempt's: its result is lost.
  // To a poll it is the server's word about the operation.
  if (status === 409 && body === 'html') return ['unavailable']
  if (status === 409) return ['conflict', 'expired', 'failed']
  // To a poll it means "not yet", up to the deadline.
  if (status === 425) return ['rejected', 'timeout']
  if (status === 429) return ['rateLimited', 'timeout']
  return ['unavailable']
}

/** The conversation without faults: what a passing day must end like. One per shape and server. */
const references = new Map<string, Promise<readonly Call[]>>()

function referenceOf({ steps, samples }: Shape, baseUrl: string): Promise<readonly Call[]> {
  const key = `${baseUrl} ${steps} ${samples}`
  const known = references.get(key)
  if (known !== undefined) return known
  const fresh = (async () => {
    // Through a proxy as well: its connections end with it, while those to the server would be kept for later.
    const proxy = await FaultProxy.start(baseUrl, () => undefined)
    const service = createServiceClient({ baseUrl: proxy.url })
    const { calls } = await converse(service, { steps, samples })
    await service.close()
    await proxy.stop()
    return calls
  })()
  references.set(key, fresh)
  return fresh
}

/** Runs one seeded schedule and says in sentences what is wrong about how it ended. */
import { createServiceClient } from '#src/tinker/index.ts'
import { converse } from './conversation.ts'
import { startCountingBackend } from './countingBackend.ts'
import { describeFault } from './faults.ts'
import { listenersOf } from './leaks.ts'
import { FaultProxy } from './proxy.ts'
import { EXCHANGE_MS } from './schedule.ts'
import { truthOf } from './truth.ts'
import type { Tuning } from '#src/tinker/index.ts'
import type { Call } from './conversation.ts'
import type { CountingBackend } from './countingBackend.ts'
import type { FaultChooser } from './proxy.ts'
import type { Schedule } from './schedule.ts'

export type Report = {
  readonly seed: number
  readonly wrong: readonly string[]
  /** For people who look into a failing seed. */
  readonly story: string
  readonly tookMs: number
}

/** Seconds become milliseconds; the rules stay. A lasting fault is not waited out as long as a passing one. */
function tuningOf({ day, lasting }: Schedule): Partial<Tuning> {
  const windowMs = day === 'lasting' ? 500 : 40_000
  const exchangeMs = lasting === undefined ? EXCHANGE_MS : lasting.does === 'drop' ? LASTING_SILENCE_MS : 10_000
  return {
    retry: { baseMs: 3, maxMs: 20, jitter: 0.25, windowMs },
    connectWindowMs: windowMs,
    requestTimeoutMs: exchangeMs,
    pollTimeoutMs: exchangeMs,
    pollFloorMs: 10,
    pollRetry: { baseMs: 3, maxMs: 20, jitter: 0.25 },
    pollPatienceMs: windowMs,
    pollDeadlineMs: day === 'lasting' ? LASTING_NOT_YET_MS : windowMs,
    heartbeatMs: 40,
    heartbeatTimeoutMs: EXCHANGE_MS,
    billingRetryMs: 10,
    backpressureMs: [10, 20],
  }
}

const HOLD_MS = 50
/** A result that never comes; on a busy machine an honest one takes a second. */
const LASTING_NOT_YET_MS = 3000
/** Patience with one exchange where nothing is ever answered: then it matters only that there is an end to it. */
const LASTING_SILENCE_MS = 200
/** Every call has an end of its own long before this. */
const DEADLINE_MS = 90_000
const PERSON_WAITS_MS = 1000

/** Two servers serve all schedules of a process, which tells a session that disturbs another one besides. */
export type Servers = { readonly announcing: CountingBackend; readonly silent: CountingBackend }

export async function startServers(): Promise<Servers> {
  return {
    announcing: await startCountingBackend({ announcesProtobuf: true, holdMs: HOLD_MS }),
    silent: await startCountingBackend({ announcesProtobuf: false, holdMs: HOLD_MS }),
  }
}

export async function runSchedule(schedule: Schedule, servers: Servers): Promise<Report> {
  const started = Date.now()
  const backend = schedule.announcesProtobuf ? servers.announcing : servers.silent
  const outcome = await converseThroughProxy(backend.url, schedule, schedule.chooser())
  const wrong = [...outcome.wrong]
  const { modelId, acceptedSteps: accepted } = outcome
  const counted = modelId === undefined ? 0 : await backend.countSteps(modelId)
  wrong.push(...(await truthOf(schedule, outcome.calls, { counted, accepted }, servers)))
  return { seed: schedule.seed, wrong, story: storyOf(schedule, outcome), tookMs: Date.now() - started }
}

type Outcome = {
  readonly calls: readonly Call[]
  readonly modelId: string | undefined
  readonly wrong: readonly string[]
  readonly acceptedSteps: number
  readonly proxy: FaultProxy
}

async function converseThroughProxy(backendUrl: string, schedule: Schedule, choose: FaultChooser): Promise<Outcome> {
  const wrong: string[] = []
  const accepted = new Set<number>()
  const master = new AbortController()
  const proxy = await FaultProxy.start(backendUrl, (request) => {
    if (schedule.day === 'closing' && proxy.requests === schedule.after) setTimeout(() => void service.close(), 3)
    return choose(request)
  })
  proxy.onAnswered = ({ route, body }, status) => {
    if (route !== 'optim_step' || status !== 200) return
    accepted.add((JSON.parse(body.toString()) as { seq_id: number }).seq_id)
  }
  const service = createServiceClient({
    baseUrl: proxy.url,
    apiKey: 'tml-test',
    wire: schedule.wire,
    signal: master.signal,
    tuning: tuningOf(schedule),
  })
  const calls: Call[] = []
  const ended = await withDeadline(
    converse(service, { ...schedule, resultMs: schedule.day === 'lasting' ? 8000 : 30_000 }, calls),
    DEADLINE_MS,
  )
  if (ended === undefined) wrong.push(`a call had not ended after ${DEADLINE_MS / 1000} s`)
  await service.close()
  const closed = Date.now()
  while (proxy.openRequests.length > 0 && Date.now() < closed + PERSON_WAITS_MS) await pause(2)
  for (const request of proxy.openRequests) wrong.push(`open a second after close: ${request}`)
  const listeners = listenersOf(master.signal)
  if (listeners > 0) wrong.push(`${listeners} listeners are left on the caller's signal`)
  await proxy.stop()
  return { calls, modelId: ended?.modelId, wrong, acceptedSteps: accepted.size, proxy }
}

function storyOf(schedule: Schedule, { calls, proxy }: Outcome): string {
  const { seed, day, steps, samples, wire, announcesProtobuf, after, lasting } = schedule
  return [
    `seed ${seed}: ${day}, ${steps} steps, ${samples} samples, wire ${wire}, server ${announcesProtobuf ? 'announces' : 'does not announce'} protobuf`,
    ...(lasting === undefined ? [] : [`  after ${after} requests: ${describeFault(lasting)}`]),
    ...(day === 'closing' ? [`  closed after ${after} requests`] : []),
    ...(lasting === undefined
      ? proxy.hits.map(({ route, fault, atMs }) => `  ${atMs} ms, ${route}: ${describeFault(fault)}`)
      : []),
    `  ended: ${calls.map(({ name, atMs }) => `${name} at ${atMs} ms`).join(', ')}`,
    ...calls.flatMap(({ name, ending }) =>
      'failure' in ending ? [`  → ${name}: ${JSON.stringify(ending.failure)}`] : [],
    ),
  ].join('\n')
}

async function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ms)))
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

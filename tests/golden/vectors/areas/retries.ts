/** What is tried again, after which wait, and how the submissions of sampling are held back. */
import { DEFAULT_TUNING } from '#src/tinker/config.ts'
import { ByteBudget } from '#src/tinker/transport/limits.ts'
import { backoffMs, DEFAULT_RETRY, isRetried, retryAfterMs } from '#src/tinker/transport/retry.ts'
import { SampleDispatch } from '#src/tinker/transport/sampleDispatch.ts'
import { check, elsewhere, isTinkex, near, same } from '../vector.ts'
import { settled, withService } from '../conversation.ts'

type Backoff = {
  statuses?: number[]
  consecutive_failures?: number
  retries_taken?: number[]
  attempts?: number[]
  random?: number
  jitter_pct?: number
  iterations?: number[]
  backoff_ms?: number
  max_backoff_ms?: number
  base_ms?: number
}
type BackoffExpected = number[] | { waits_s?: number[]; calls?: number; result?: string; then?: string }

const none = (): number => 0

export const backoff = check<Backoff, BackoffExpected>(async (input, expected, vector) => {
  const { attempts, random, backoff_ms: baseMs, max_backoff_ms: maxMs } = input
  if (/telemetry/.test(vector.name)) elsewhere('uploads of telemetry have bounds of their own: three tries, then drop')
  if (/archive/.test(vector.name)) elsewhere('addresses of archives are asked for under the one rule for all requests')
  if (input.statuses !== undefined)
    return afterStatuses(input.statuses, expected as Exclude<BackoffExpected, number[]>, vector.name)
  if (input.consecutive_failures !== undefined) {
    const waits = Array.from({ length: input.consecutive_failures }, (_, n) => polled(n) / 1000)
    return near({ waits_s: waits }, expected, 1e-9)
  }
  if (input.retries_taken !== undefined)
    return near(
      input.retries_taken.map((n) => backoffMs(n, DEFAULT_RETRY, none) / 1000),
      expected,
      1e-9,
    )
  if (input.iterations !== undefined) return near(input.iterations.map(polled), expected, 1e-9)
  if (attempts !== undefined && baseMs !== undefined)
    return near(
      attempts.map((n) => backoffMs(n - 1, { baseMs, maxMs: maxMs ?? Infinity, jitter: 0 })),
      expected,
      1e-9,
    )
  if (attempts !== undefined && input.jitter_pct === 0)
    return near(
      attempts.map((n) => backoffMs(n, { ...DEFAULT_RETRY, jitter: 0 })),
      expected,
      1e-9,
    )
  if (random !== undefined)
    elsewhere(
      'sampling has no retry layer of its own here; the one layer shortens waits by its jitter, never lengthens',
    )
  throw new Error('this form of a backoff case is not known')
})

function polled(n: number): number {
  return backoffMs(n, DEFAULT_TUNING.pollRetry, none)
}

/**
 * Answers in a row, by a real server. What is asked again, how often, and how it ends are compared; the waits are not:
 * one table serves all layers here, and a poll is never repeated without any wait, so that nothing can loop hot.
 */
async function afterStatuses(
  statuses: readonly number[],
  expected: Exclude<BackoffExpected, number[]>,
  name: string,
): Promise<void> {
  const polling = name.startsWith('polling')
  const path = polling ? 'retrieve_future' : 'weights_info'
  const bad = statuses.filter((status) => status !== 200).map((status) => ({ status }))
  await withService({}, async ({ peer, service }) => {
    const training = polling ? await service.createLoraTrainingClient({ baseModel: 'tiny' }) : undefined
    const before = peer.requests(path).length
    peer.fault(path, ...bad)
    const call = training?.optimStep().result() ?? (await service.rest()).weightsInfo('tinker://r/weights/1')
    const ended = await settled<unknown>(call)
    const fails = expected.result === 'throws' || expected.then === 'throws'
    same(ended.ok, !fails)
    same(peer.requests(path).length - before, expected.calls ?? statuses.length)
  })
}

type After = { headers: Record<string, string>; now_unix: number; retries_taken: number; random: number }
type Pause = { estimated_bytes: number }[]

export const retryAfter = check<After | Pause, { parsed_s: number | null; wait_s: number } | { pause_s: number }[]>(
  (input, expected, vector) => {
    if (isTinkex(vector)) elsewhere('Tinkex reads whole seconds only and knows no upper bound')
    if (Array.isArray(input)) {
      input.forEach(({ estimated_bytes: bytes }, i) => {
        const lanes = dispatch()
        lanes.pause(bytes, 0, 0)
        const end = (expected as { pause_s: number }[])[i]!.pause_s * 1000 + SLOW_AFTER_MS
        same([lanes.isThrottled(end - 1), lanes.isThrottled(end)], [true, false])
      })
      return
    }
    const named = retryAfterMs(new Headers(input.headers), input.now_unix * 1000)
    const wait = named ?? backoffMs(input.retries_taken, DEFAULT_RETRY, () => input.random)
    near(wait / 1000, (expected as { wait_s: number }).wait_s, 1e-9)
  },
)

const SLOW_AFTER_MS = 10_000

function dispatch(): SampleDispatch {
  const [small, large] = DEFAULT_TUNING.backpressureMs
  return new SampleDispatch({ inFlight: 10, dispatchBytes: 1e7, pauseMs: [small, large] })
}

export const shouldRetry = check<{ status: number; headers: Record<string, string> }, boolean>((input, expected) =>
  same(isRetried(input.status, 1, new Headers(input.headers)), expected),
)

type Dispatch = { now: number; until: number | null }[] | { answers: number[] } | Record<string, unknown>

export const sampleDispatch = check<Dispatch, boolean[] | { seq_ids_sent?: number[] }>(async (input, expected) => {
  if (Array.isArray(input)) {
    const states = input.map(({ now, until }) => {
      const lanes = dispatch()
      // A pause of one second that began a second before its end.
      if (until !== null) lanes.pause(1, 0, (until - 1) * 1000)
      return lanes.isThrottled(now * 1000)
    })
    return same(states, expected)
  }
  if ('answers' in input) return sameNumbers(input['answers'] as number[], expected as { seq_ids_sent: number[] })
  if ('pause_left_s' in input) elsewhere('a paused submission sleeps to the end of the pause, not second by second')
  if ('uuid_int_mod_1e9' in input) elsewhere('copies of a sampling client draw numbers below 2^53')
  throw new Error('this form of a dispatch case is not known')
})

async function sameNumbers(answers: readonly number[], expected: { seq_ids_sent: number[] }): Promise<void> {
  await withService({}, async ({ peer, service }) => {
    const sampler = await service.createSamplingClient({ baseModel: 'tiny' })
    const refused = answers.filter((status) => status !== 200).map((status) => ({ status, body: '{}' }))
    peer.fault('asample', ...refused)
    await sampler.sample({ prompt: Int32Array.of(1) }).result()
    const sent = peer.requests('asample').map(({ body }) => Number((body as { seq_id: number | bigint }).seq_id))
    const [first = 0] = sent
    same(
      sent.map((seqId) => seqId - first),
      expected.seq_ids_sent,
    )
  })
}

type Budget = { budget: number; requests: Record<string, number> }

/** The script of the case: A and B enter, C asks, then A, B and C leave in turn. */
export const bytesSemaphore = check<Budget, string[]>(async ({ budget: bytes, requests }, expected) => {
  const budget = new ByteBudget(bytes)
  const { signal } = new AbortController()
  const said: string[] = []
  const names = Object.keys(requests)
  const inside = new Set<string>()
  const size = (name: string): number => requests[name]!
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const waiting: string[] = []
  for (const name of names) {
    void budget.acquire(size(name), signal).then(() => inside.add(name))
    await turn()
    if (inside.has(name)) said.push(`${name} in, left ${budget.left}`)
    else {
      waiting.push(name)
      said.push(`${name} is waiting`)
    }
  }
  for (const name of names) {
    const left = budget.left + size(name)
    budget.release(size(name))
    said.push(`${name} out, left ${left}`)
    await turn()
    for (const one of waiting.splice(0)) {
      if (inside.has(one)) said.push(`${one} in, left ${budget.left}`)
      else {
        waiting.push(one)
        said.push(`${one} still waiting`)
      }
    }
  }
  same(said, expected)
})

export const billingPause = check(() =>
  elsewhere('a pause ends a set time after the call first met it; calls do not share one, as holders of the SDK do'),
)

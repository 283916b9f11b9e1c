/** Trouble on demand, seeded: latency, failing requests and rate limits, so that clients can be tried against bad days. */
import { seededRng } from '../../base/rng.ts'
import { Refusal } from '../service/refusal.ts'
import type { Clock } from '../service/clock.ts'

export type Behaviour = {
  /** Mean extra time of every request in milliseconds; each takes between half and one and a half of it. */
  readonly latencyMs?: number
  /** Share of requests that fail with 503: half of them before anything happened, half after it was done. */
  readonly failRate?: number
  /** Submissions per second; more are answered with 429. */
  readonly rateLimit?: number
  readonly seed?: number
}

/** Calls that put work into the queue. */
const SUBMISSIONS = new Set([
  'asample',
  'forward',
  'forward_backward',
  'optim_step',
  'save_weights',
  'save_weights_for_sampler',
])
/** A client that cannot even start would only show that it cannot start. */
const SPARED = new Set(['healthz', 'client/config', 'client/dynamic_config', 'telemetry'])

export type BadDays = { around(path: string, work: () => Promise<Response>): Promise<Response> }

export function badDays(behaviour: Behaviour, clock: Clock): BadDays {
  const { latencyMs = 0, failRate = 0, rateLimit = Infinity } = behaviour
  const rng = seededRng(behaviour.seed ?? 0)
  const capacity = Math.max(1, rateLimit)
  let tokens = capacity
  let filledAt = clock.now()

  function takeToken(): boolean {
    const now = clock.now()
    tokens = Math.min(capacity, tokens + ((now - filledAt) / 1000) * rateLimit)
    filledAt = now
    if (tokens < 1) return false
    tokens--
    return true
  }

  return {
    async around(path, work) {
      if (SPARED.has(path)) return work()
      if (latencyMs > 0) await clock.sleep(latencyMs * (0.5 + rng.next()))
      if (Number.isFinite(rateLimit) && SUBMISSIONS.has(path) && !takeToken())
        throw new Refusal(`more than ${rateLimit} submissions in a second (switched on for practice)`, 429)
      const draw = rng.next()
      if (draw < failRate / 2)
        throw new Refusal('the request failed before it was read (switched on for practice)', 503)
      const answer = await work()
      if (draw < failRate) throw new Refusal('the answer was lost on the way (switched on for practice)', 503)
      return answer
    },
  }
}

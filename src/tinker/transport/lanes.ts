/**
 * Lanes in front of fetch. A browser opens six connections per address over HTTP/1.1: polls hold up to three, and without
 * a lane for submissions hundreds of samples would keep a heartbeat waiting behind them until the session is dead.
 */
import { inPage } from '../config.ts'
import { Slots } from './limits.ts'
import type { ServiceConfig } from '../config.ts'
import type { Call } from './connection.ts'

/** Of six connections three are for polls and one is left for everything that is small and rare. */
const SUBMISSIONS_IN_PAGE = 2

const SUBMITTED = new Set([
  'asample',
  'forward',
  'forward_backward',
  'optim_step',
  'save_weights',
  'save_weights_for_sampler',
  'load_weights',
  'create_model',
  'telemetry',
])

export class Lanes {
  readonly #submissions: Slots | undefined

  constructor(config: ServiceConfig) {
    const limit = config.maxConcurrentSubmissions ?? (inPage(config) ? SUBMISSIONS_IN_PAGE : Infinity)
    this.#submissions = limit === Infinity ? undefined : new Slots(limit)
  }

  /** The lane of a call; undefined when it may go at once. Polls have their own, which they give away when others wait. */
  of({ path }: Call): Slots | undefined {
    return this.#submissions !== undefined && SUBMITTED.has(path) ? this.#submissions : undefined
  }
}

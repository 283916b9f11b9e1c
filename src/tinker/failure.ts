/** Everything that can go wrong between client and server, as one closed union that survives structured cloning. */
import type { FailureCategory } from './wire/futureAnswer.ts'

type Facts = {
  /** One sentence for a person: what happened, in the server's words where it had any. */
  readonly message: string
  /** What was asked, as `POST optim_step`. */
  readonly request?: string
  /** HTTP status, where there was an answer. */
  readonly status?: number
  /** The server's own words. */
  readonly serverSays?: string
  /** Code of the relay, when it and not the server gave the answer: `relay_refused`, `relay_unreachable`, … */
  readonly relay?: string
  /** How often it was tried. */
  readonly attempts?: number
  /** The server's id of the operation, where it had given one. */
  readonly requestId?: string
}

export type Failure = Facts &
  (
    | { readonly kind: 'aborted'; readonly by: 'caller' | 'close' }
    | { readonly kind: 'offline' }
    | { readonly kind: 'timeout' }
    | { readonly kind: 'unauthorized' }
    | { readonly kind: 'rejected' }
    /** `retryAfterMs`: the wait that the server named, if it did. */
    | { readonly kind: 'rateLimited'; readonly retryAfterMs?: number }
    /** `unreadable`: a page, a cut or an empty body. `unexpected`: data of another shape. */
    | { readonly kind: 'malformed'; readonly body: 'unreadable' | 'unexpected' }
    /** The result, model or session is no longer there: re-create it from the last saved state. */
    | { readonly kind: 'expired'; readonly what: 'result' | 'model' | 'session' }
    | { readonly kind: 'unavailable' }
    /** The server accepted the operation, ran it and reported failure. Never retried. */
    | { readonly kind: 'failed'; readonly category: FailureCategory }
    | { readonly kind: 'billing' }
    | { readonly kind: 'notFound' }
    | { readonly kind: 'conflict' }
    | { readonly kind: 'unsupported' }
  )

/** What the client's promises reject with. Only `failure` carries meaning; it is plain data. */
export class TinkerError extends Error {
  override readonly name = 'TinkerError'
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

/** The failure inside a caught value; undefined when it was not the client that threw, so a bug. */
export function failureOf(error: unknown): Failure | undefined {
  return error instanceof TinkerError ? error.failure : undefined
}

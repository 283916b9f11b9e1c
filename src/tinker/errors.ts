/** Everything that can go wrong between client and server, as one closed union that survives structured cloning. */
import { CODES, diagnose } from './codes.ts'
import type { Diagnostic, Locus } from '../base/diagnostic.ts'
import type { TinkerCode } from './codes.ts'
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

export type FailureKind = Failure['kind']

const CODE_OF: Readonly<Record<FailureKind, TinkerCode>> = {
  aborted: 'TK4001',
  offline: 'TK4002',
  timeout: 'TK4003',
  unauthorized: 'TK4004',
  rejected: 'TK4005',
  rateLimited: 'TK4006',
  malformed: 'TK4007',
  expired: 'TK4008',
  unavailable: 'TK4009',
  failed: 'TK4010',
  billing: 'TK4011',
  notFound: 'TK4012',
  conflict: 'TK4013',
  unsupported: 'TK4014',
}

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

export function codeOf(failure: Failure): TinkerCode {
  return CODE_OF[failure.kind]
}

/** The failure as a row of the problem list. */
export function diagnosticOf(failure: Failure, at: Locus = { on: 'document' }): Diagnostic {
  const { message, ...data } = failure
  return diagnose(codeOf(failure), at, message, { data })
}

/** Title of the failure's kind, in a word or two. */
export function titleOf(failure: Failure): string {
  return CODES[codeOf(failure)].title
}

/** True when doing the same again later may succeed without anything being changed. */
export function isTransient(failure: Failure): boolean {
  return ['offline', 'timeout', 'rateLimited', 'unavailable', 'billing'].includes(failure.kind)
}

/** True for what its user can mend: an operation that failed by the user's fault, or any refusal but a timeout. */
export function isUserError(error: unknown, depth = 0): boolean {
  const failure = failureOf(error)
  if (failure?.kind === 'failed') return failure.category === 'user'
  const { status } = failure ?? (Object(error) as { readonly status?: unknown })
  if (typeof status === 'number' && status >= 400 && status < 500 && status !== 408) return true
  const { cause } = Object(error) as { readonly cause?: unknown }
  return cause !== undefined && depth < 10 && isUserError(cause, depth + 1)
}

const CLASS_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  401: 'AuthenticationError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
  409: 'ConflictError',
  422: 'UnprocessableEntityError',
  429: 'RateLimitError',
}

/** The official SDK's name for an HTTP status outside 2xx, for reports and for people who know its errors. */
export function errorClassOfStatus(status: number): string {
  return CLASS_OF_STATUS[status] ?? (status >= 500 ? 'InternalServerError' : 'APIStatusError')
}

/** The official SDK's name for a failure. */
export function errorClassOf(failure: Failure): string {
  if (failure.kind === 'failed') return 'RequestFailedError'
  if (failure.kind === 'malformed') return 'APIResponseValidationError'
  if (failure.status !== undefined) return errorClassOfStatus(failure.status)
  if (failure.kind === 'timeout') return 'APITimeoutError'
  return failure.kind === 'offline' ? 'APIConnectionError' : 'TinkerError'
}

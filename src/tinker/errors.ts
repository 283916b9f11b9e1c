/** What failures are called: codes, rows of the problem list, the names of the official SDK. */
import { CODES, diagnose } from './codes.ts'
import { failureOf } from './failure.ts'
import type { Diagnostic, Locus } from '../base/diagnostic.ts'
import type { TinkerCode } from './codes.ts'
import type { Failure } from './failure.ts'

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

/** A request or operation that the service declines. Thrown inside only; the handler and the futures turn it into an answer. */
import type { FailureCategory } from '../../tinker/wire/futureAnswer.ts'
import type { Result } from '../../base/result.ts'

export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** HTTP status, when the refusal answers a request. */
  readonly status: number
  /** Whose fault it is, when the refusal ends an operation. */
  readonly category: FailureCategory

  constructor(message: string, status = 400, category: FailureCategory = status >= 500 ? 'server' : 'user') {
    super(message)
    this.status = status
    this.category = category
  }
}

/** The value, or a refusal in the decoder's words. */
export function accept<T>(read: Result<T, string>, status = 400): T {
  if (!read.ok) throw new Refusal(read.error, status)
  return read.value
}

export function demand(condition: boolean, message: string, status = 400): asserts condition {
  if (!condition) throw new Refusal(message, status)
}

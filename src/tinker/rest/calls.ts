/** Plain requests of the listing clients: they reject with a TinkerError instead of answering with a result. */
import { TinkerError } from '../failure.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'
import type { Call, Connection } from '../transport/connection.ts'
import type { Shape } from '../wire/shape.ts'

export function get<T>(
  connection: Connection,
  request: string,
  path: string,
  shape: Shape<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return ask(connection, { request, method: 'GET', path }, shape, signal)
}

export async function ask<T>(
  connection: Connection,
  call: Call,
  shape: Shape<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return valueOf(await connection.requestJson({ ...call, ...withSignal(signal) }, shape))
}

export function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

/** @throws TinkerError */
export function valueOf<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new TinkerError(result.error)
  return result.value
}

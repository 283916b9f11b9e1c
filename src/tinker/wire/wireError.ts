/** Thrown inside decoders only; every exported decoder turns it into a `Result` whose error is one sentence. */
import { err, ok } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'

export class WireError extends Error {
  override readonly name = 'WireError'
}

/** Runs a decoder: what the other side got wrong becomes an `err`, a bug of ours still throws. */
export function decoding<T>(decode: () => T): Result<T, string> {
  try {
    return ok(decode())
  } catch (error) {
    if (error instanceof WireError) return err(error.message)
    throw error
  }
}

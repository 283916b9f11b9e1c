/** Parts of the client that are loaded when they are used. */
import { TinkerError } from './failure.ts'

/** The part, or a failure of the kind `offline`: in a page its file comes over the network, as all else. */
export async function part<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading
  } catch (error) {
    const message = `a part of the client could not be loaded: ${error instanceof Error ? error.message : 'unknown'}`
    throw new TinkerError({ kind: 'offline', message })
  }
}

/** One future per submission: a repeated request gets the first one's future, a different one under the same number is refused. */
import { Refusal } from './refusal.ts'
import type { Future } from './futures.ts'

/** Numbers further back than this are forgotten; no client retries across so many operations. */
const REMEMBERED = 4096

export class Submissions {
  readonly #known = new Map<string, { digest: number; future: Future }>()

  /** `digest` identifies the body; `key` null means that the client gave no number and nothing is compared. */
  once(key: string | null, digest: number, submit: () => Future): Future {
    if (key === null) return submit()
    const known = this.#known.get(key)
    if (known !== undefined) {
      if (known.digest === digest) return known.future
      throw new Refusal(`request number ${key} was already used for a different request`, 409)
    }
    const future = submit()
    this.#known.set(key, { digest, future })
    if (this.#known.size > REMEMBERED) this.#known.delete(this.#known.keys().next().value!)
    return future
  }

  /** For what has ended: nothing will be repeated any more. */
  clear(): void {
    this.#known.clear()
  }
}

/** 53 bits over the bytes of a body, to tell a retry from another request. Not meant against malice. */
export function bodyDigest(bytes: Uint8Array): number {
  let a = 0x811c9dc5
  let b = 0x9747b28c
  for (let i = 0; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i]!, 0x01000193)
    b = Math.imul(b ^ bytes[i]!, 0x5bd1e995)
    b ^= b >>> 15
  }
  return (a >>> 0) * 0x200000 + ((b >>> 0) & 0x1fffff)
}

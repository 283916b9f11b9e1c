/** The credential check: `X-API-Key`, or `Authorization: Bearer` for clients that only know that. */
import { sha256Hex } from '../../base/sha256.ts'

/** Time does not depend on where two keys differ: digests of equal length are compared to the end. */
export function keyMatches(given: string, wanted: string): boolean {
  const a = sha256Hex(given)
  const b = sha256Hex(wanted)
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}

export function keyOf(headers: Headers): string | null {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.get('authorization') ?? '')?.[1]
  return headers.get('x-api-key') ?? bearer ?? null
}

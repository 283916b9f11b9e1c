/** The credential check: `X-API-Key`, or `Authorization` for clients that only know that. */
import { sha256Hex } from '../../base/sha256.ts'

/** Time does not depend on where two keys differ: digests of equal length are compared to the end. */
export function keyMatches(given: string, wanted: string): boolean {
  const a = sha256Hex(given)
  const b = sha256Hex(wanted)
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}

/** The key as a bearer's token, or as the password that a browser has asked its user for. */
export function keyOf(headers: Headers): string | null {
  const own = headers.get('x-api-key')
  if (own !== null) return own
  const [scheme, value] = (headers.get('authorization') ?? '').split(/\s+/, 2)
  if (value === undefined) return null
  if (scheme?.toLowerCase() === 'bearer') return value
  return scheme?.toLowerCase() === 'basic' ? passwordOf(value) : null
}

function passwordOf(value: string): string | null {
  try {
    const text = new TextDecoder().decode(Uint8Array.from(atob(value), (c) => c.charCodeAt(0)))
    return text.slice(text.indexOf(':') + 1)
  } catch {
    return null
  }
}

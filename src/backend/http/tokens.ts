/** Short-lived tokens in exchange for the key (JSON Web Tokens, HS256), for clients that are told to use them. */
import { sha256Hex } from '../../base/sha256.ts'
import { keyMatches } from './apiKey.ts'
import type { Clock } from '../service/clock.ts'

const LIFETIME_S = 3600
const BLOCK = 64

export type Tokens = { issue(): string; valid(token: string): boolean }

/** The secret lives as long as the process: after a restart clients exchange their key again. */
export function localTokens(clock: Clock, owner: string): Tokens {
  const secret = crypto.getRandomValues(new Uint8Array(32))
  const sign = (text: string): string => base64Url(bytesOf(hmacSha256(secret, new TextEncoder().encode(text))))
  return {
    issue() {
      const iat = Math.floor(clock.now() / 1000)
      const claims = { iss: 'tunegraph', sub: `tml:user:${owner}`, org_id: owner, iat, exp: iat + LIFETIME_S }
      const head = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => base64Url(utf8(JSON.stringify(part)))).join('.')
      return `${head}.${sign(head)}`
    },
    valid(token) {
      const parts = token.split('.')
      if (parts.length !== 3 || !keyMatches(parts[2]!, sign(`${parts[0]}.${parts[1]}`))) return false
      const claims = JSON.parse(atob(parts[1]!.replaceAll('-', '+').replaceAll('_', '/'))) as { exp: number }
      return claims.exp * 1000 > clock.now()
    },
  }
}

/** RFC 2104, as 64 hexadecimal digits. The key must not be longer than a block of the digest. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): string {
  const padded = (fill: number): Uint8Array => Uint8Array.from({ length: BLOCK }, (_, i) => (key[i] ?? 0) ^ fill)
  const inner = bytesOf(sha256Hex(joined(padded(0x36), message)))
  return sha256Hex(joined(padded(0x5c), inner))
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

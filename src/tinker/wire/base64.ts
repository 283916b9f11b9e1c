/** Base64 (RFC 4648 §4) by the platform's `btoa` and `atob`, which know text only; `Uint8Array.toBase64` is not in Node 20. */
import { WireError } from './wireError.ts'

/** Bytes at once, a multiple of three: each part ends without padding. */
const PART = 3 * 8192

export function bytesToBase64(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let i = 0; i < bytes.length; i += PART) parts.push(btoa(String.fromCharCode(...bytes.subarray(i, i + PART))))
  return parts.join('')
}

/** Padding is optional; both alphabets are read. @throws WireError for any other character or an impossible length. */
export function base64ToBytes(text: string): Uint8Array {
  const plain = text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/')
  const foreign = plain.search(/[^\w+/]/)
  if (foreign >= 0) throw new WireError(`base64 text has a foreign character at ${foreign}`)
  if (plain.length % 4 === 1) throw new WireError('base64 text has an impossible length')
  const binary = atob(plain)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

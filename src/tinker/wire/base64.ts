/** Base64 (RFC 4648 §4) by hand: `Uint8Array.toBase64` is not in Node 20 and `btoa` works on text, not bytes. */
import { WireError } from './wireError.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUE = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i++) VALUE[ALPHABET.charCodeAt(i)] = i
// The URL-safe letters, which JWTs and some servers use.
VALUE['-'.charCodeAt(0)] = 62
VALUE['_'.charCodeAt(0)] = 63

const CODES = new TextEncoder().encode(ALPHABET)
const PADDING = '='.charCodeAt(0)
const decoder = new TextDecoder()

/** Written as bytes first: a string that grows letter by letter takes minutes for a large image. */
export function bytesToBase64(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4)
  let at = 0
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    out[at++] = CODES[word >> 18]!
    out[at++] = CODES[(word >> 12) & 63]!
    out[at++] = left > 1 ? CODES[(word >> 6) & 63]! : PADDING
    out[at++] = left > 2 ? CODES[word & 63]! : PADDING
  }
  return decoder.decode(out)
}

/** Padding is optional; both alphabets are read. @throws WireError for any other character or an impossible length. */
export function base64ToBytes(text: string): Uint8Array {
  let end = text.length
  while (end > 0 && text[end - 1] === '=') end--
  if (end % 4 === 1) throw new WireError('base64 text has an impossible length')
  const bytes = new Uint8Array((end * 3) >> 2)
  let word = 0
  let bits = 0
  let at = 0
  for (let i = 0; i < end; i++) {
    const value = VALUE[text.charCodeAt(i)] ?? -1
    if (value < 0) throw new WireError(`base64 text has a foreign character at ${i}`)
    word = ((word << 6) | value) & 0xffffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (word >> bits) & 255
    }
  }
  return bytes
}

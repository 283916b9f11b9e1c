/** GPT-2's way to write bytes as visible characters, which byte-level vocabularies use in `tokenizer.json`. */

/** Character of each byte: printable Latin-1 bytes stand for themselves, the others for characters from U+0100 on, in order. */
export function byteCharacters(): string[] {
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    return String.fromCharCode(printable ? byte : next++)
  })
}

/** UTF-16 code of such a character → byte. */
const BYTE_OF = new Map(byteCharacters().map((character, byte) => [character.charCodeAt(0), byte]))

/** Bytes of a token so written; a token with any other character counts as its UTF-8, as in the Rust decoder. */
export function bytesOfToken(token: string): readonly number[] | Uint8Array {
  const bytes: number[] = []
  for (let i = 0; i < token.length; i++) {
    const byte = BYTE_OF.get(token.charCodeAt(i))
    if (byte === undefined) return new TextEncoder().encode(token)
    bytes.push(byte)
  }
  return bytes
}

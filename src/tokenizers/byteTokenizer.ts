/** Exact fast path for vocabularies without merges over bytes, as the embedded models have: one token per UTF-8 byte. */
import { byteCharacters } from './byteCharacters.ts'
import { specialSplitter } from './specialSplit.ts'
import type { Tokenizer } from './tokenizer.ts'
import type { TokenizerJson } from './tokenizerJson.ts'

/** Null when the vocabulary is of another kind and the general tokenizer must be used. */
export function byteTokenizer(
  json: TokenizerJson,
  ends: Pick<Tokenizer, 'eosId' | 'bosId' | 'chat'>,
): Tokenizer | null {
  const idOfByte = byteIds(json)
  if (!idOfByte) return null
  const added = json.added_tokens ?? []
  const markers = new Map(added.map((token) => [token.content, token.id]))
  const written = new Map(added.map((token) => [token.id, token.content]))
  const byteOfId = new Map([...idOfByte].map((id, byte) => [id, byte]))
  const utf8 = new TextEncoder()
  return {
    ...ends,
    encode(text, { allowSpecial = [] } = {}) {
      if (allowSpecial.length === 0) return Array.from(utf8.encode(text), (byte) => idOfByte[byte]!)
      const ids: number[] = []
      const named = allowSpecial === 'all' ? markers.keys() : allowSpecial.filter((name) => markers.has(name))
      specialSplitter(named)(
        text,
        (part) => {
          for (const byte of utf8.encode(part)) ids.push(idOfByte[byte]!)
        },
        (name) => void ids.push(markers.get(name)!),
      )
      return ids
    },
    markerId: (token) => markers.get(token) ?? null,
    decode(ids) {
      let text = ''
      let bytes: number[] = []
      const flush = (): void => {
        if (bytes.length > 0) text += new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))
        bytes = []
      }
      for (const id of ids) {
        const byte = byteOfId.get(id)
        if (byte !== undefined) bytes.push(byte)
        else {
          flush()
          text += written.get(id) ?? ''
        }
      }
      flush()
      return text
    },
  }
}

/** Id of each byte, if the model is BPE over bytes without merges, normalizer and non-special added tokens. */
function byteIds(json: TokenizerJson): Int32Array | null {
  const { model, normalizer, pre_tokenizer: pre } = json
  if (model.type !== 'BPE' || (model.merges?.length ?? 0) > 0 || (normalizer ?? null) !== null) return null
  if (pre?.type !== 'ByteLevel' || pre.add_prefix_space === true) return null
  if (json.added_tokens?.some((token) => !token.special)) return null
  const ids = new Int32Array(256)
  for (const [byte, character] of byteCharacters().entries()) {
    if (!Object.hasOwn(model.vocab, character)) return null
    ids[byte] = model.vocab[character]!
  }
  return ids
}

/** Byte-level BPE by ranks, as `tiktoken` defines it: split by a pattern, then merge bytes by the rank of what they form. */
import { mergePairs, PairTable } from './mergePairs.ts'
import { specialSplitter } from './specialSplit.ts'
import type { SpecialSplitter } from './specialSplit.ts'
import type { EncodeOptions } from './tokenizer.ts'

export type TiktokenOptions = {
  /** Token bytes, each written as a string of characters U+0000–U+00FF, to rank; a token's rank is its id. */
  readonly ranks: ReadonlyMap<string, number>
  /** Source of a `v` pattern; what it does not match is dropped, so the known patterns match everything. */
  readonly pattern: string
  readonly specials: ReadonlyMap<string, number>
  /** Kimi cuts long texts before anything else, which shows in the ids of long runs. */
  readonly cutLongRuns?: boolean
}

/** Ranks have no token for a byte of the text. `loadTiktoken` refuses such vocabularies, so only hand-made ones get here. */
export class MissingRankError extends Error {
  override readonly name = 'MissingRankError'
  readonly byte: number

  constructor(byte: number) {
    super(`the vocabulary has no token for byte ${byte}`)
    this.byte = byte
  }
}

/** Pieces repeat; beyond this many the memory is emptied rather than kept in order. */
const MOST_KEPT_PIECES = 50_000
const LONGEST_KEPT_PIECE = 64

export class TiktokenEncoding {
  readonly #ranks: ReadonlyMap<string, number>
  readonly #specials: ReadonlyMap<string, number>
  readonly #pattern: RegExp
  readonly #pairs: PairTable
  readonly #idOfByte: Int32Array
  readonly #bytesOf = new Map<number, Uint8Array>()
  readonly #cutLongRuns: boolean
  readonly #splitAll: SpecialSplitter
  #kept = new Map<string, readonly number[]>()

  constructor({ ranks, pattern, specials, cutLongRuns = false }: TiktokenOptions) {
    this.#ranks = ranks
    this.#specials = specials
    this.#pattern = new RegExp(pattern, 'gv')
    this.#pairs = pairsOf(ranks)
    this.#idOfByte = Int32Array.from({ length: 256 }, (_, byte) => ranks.get(String.fromCharCode(byte)) ?? -1)
    this.#cutLongRuns = cutLongRuns
    this.#splitAll = specialSplitter(specials.keys())
    for (const [token, rank] of ranks) this.#bytesOf.set(rank, bytesOfBinary(token))
    for (const [name, id] of specials) this.#bytesOf.set(id, new TextEncoder().encode(name))
  }

  /** Throws a MissingRankError when the ranks lack a byte of the text. */
  encode(text: string, { allowSpecial = [] }: EncodeOptions = {}): number[] {
    const ids: number[] = []
    const split = allowSpecial === 'all' ? this.#splitAll : specialSplitter(this.#known(allowSpecial))
    const ordinary = (part: string): void => this.#ordinary(part, ids)
    const special = (name: string): void => void ids.push(this.#specials.get(name)!)
    for (const part of this.#cutLongRuns ? cutLongRuns(text.toWellFormed()) : [text.toWellFormed()]) {
      split(part, ordinary, special)
    }
    return ids
  }

  /** Bytes of the ids one after the other; ids outside the vocabulary have none. */
  decodeBytes(ids: readonly number[]): Uint8Array<ArrayBuffer> {
    const parts = ids.map((id) => this.#bytesOf.get(id) ?? new Uint8Array())
    const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }

  #known(names: readonly string[]): string[] {
    return names.filter((name) => this.#specials.has(name))
  }

  #ordinary(text: string, into: number[]): void {
    for (const [piece] of text.matchAll(this.#pattern)) {
      let ids = this.#kept.get(piece)
      if (!ids) {
        ids = this.#piece(piece)
        if (piece.length <= LONGEST_KEPT_PIECE) {
          if (this.#kept.size >= MOST_KEPT_PIECES) this.#kept = new Map()
          this.#kept.set(piece, ids)
        }
      }
      for (const id of ids) into.push(id)
    }
  }

  #piece(piece: string): readonly number[] {
    const bytes = new TextEncoder().encode(piece)
    const whole = bytes.length <= LONGEST_KEPT_PIECE * 4 ? this.#ranks.get(binaryOf(bytes)) : undefined
    if (whole !== undefined) return [whole]
    const ids = new Int32Array(bytes.length)
    for (const [at, byte] of bytes.entries()) {
      const id = this.#idOfByte[byte]!
      if (id === -1) throw new MissingRankError(byte)
      ids[at] = id
    }
    return Array.from(mergePairs(ids, this.#pairs))
  }
}

/** Every way to cut a token into two tokens: adjacent parts merge when what they form is a token, at that token's rank. */
function pairsOf(ranks: ReadonlyMap<string, number>): PairTable {
  const pairs: number[] = []
  for (const [token, rank] of ranks) {
    for (let cut = 1; cut < token.length; cut++) {
      const left = ranks.get(token.slice(0, cut))
      if (left === undefined) continue
      const right = ranks.get(token.slice(cut))
      if (right !== undefined) pairs.push(left, right, rank)
    }
  }
  const table = new PairTable(pairs.length / 3)
  for (let i = 0; i < pairs.length; i += 3) table.set(pairs[i]!, pairs[i + 1]!, pairs[i + 2]!, pairs[i + 2]!)
  return table
}

/** In characters (code points). Source: the tokenizer code of Kimi K2. */
const LONGEST_TEXT = 400_000
const LONGEST_RUN = 25_000
/** White space by Python's `str.isspace`: Unicode's, and the separators U+001C to U+001F. */
const PYTHON_SPACE = new RegExp(String.raw`[\x1c-\x1f\p{White_Space}]`, 'u')

/** Parts of at most 400,000 characters, in which no run of spaces, or of anything else, is longer than 25,000. */
function* cutLongRuns(text: string): Generator<string> {
  if (text.length <= LONGEST_RUN) return yield text
  let start = 0
  let run = 0
  let spaces: boolean | null = null
  let count = 0
  let at = 0
  for (const character of text) {
    if (count === LONGEST_TEXT) {
      yield text.slice(start, at)
      start = at
      count = 0
      run = 0
      spaces = null
    }
    const space = PYTHON_SPACE.test(character)
    if (space === spaces || spaces === null) run++
    else run = 1
    spaces = space
    if (run > LONGEST_RUN) {
      yield text.slice(start, at)
      start = at
      run = 1
    }
    count++
    at += character.length
  }
  yield text.slice(start)
}

function binaryOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

export function bytesOfBinary(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** Text of ids as they arrive: a character that is spread over several ids comes once, when it is whole. */
import type { Tokenizer } from './tokenizer.ts'

/** Longest run of ids that may be one character, or one that never will be. */
const MOST_HELD = 8

export class TokenStreamDecoder {
  readonly #tokenizer: Pick<Tokenizer, 'decode'>
  /** Ids whose text is given out already, kept because decoders look at what comes before. */
  #given: readonly number[] = []
  #held: number[] = []

  constructor(tokenizer: Pick<Tokenizer, 'decode'>) {
    this.#tokenizer = tokenizer
  }

  /** The text that these ids complete; empty while a character is not whole. */
  push(ids: Iterable<number>): string {
    let text = ''
    for (const id of ids) {
      this.#held.push(id)
      const fresh = this.#fresh()
      // The replacement character stands for bytes that wait for others; too many waiting are broken bytes.
      if (!fresh.endsWith('\ufffd') || this.#held.length >= MOST_HELD) text += this.#give(fresh)
    }
    return text
  }

  /** What is left at the end, broken bytes as U+FFFD. */
  end(): string {
    return this.#give(this.#fresh())
  }

  #fresh(): string {
    return this.#tokenizer.decode([...this.#given, ...this.#held]).slice(this.#tokenizer.decode(this.#given).length)
  }

  #give(text: string): string {
    // One id is context enough for decoders that treat the first one otherwise.
    if (this.#held.length > 0) this.#given = this.#held.slice(-1)
    this.#held = []
    return text
  }
}

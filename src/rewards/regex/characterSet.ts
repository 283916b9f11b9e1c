/** A set of characters that remembers what its native pattern said: looking up is several times as quick as asking again. */

export type CharacterSet = {
  readonly test: (character: string) => boolean
  /** The answers by page of 256 code points; page 0 apart, as most characters are there. */
  readonly latin: Uint8Array
  readonly pages: Map<number, Uint8Array>
}

const PAGE = 256
/** 0 is a character that was never asked for. */
const IN = 1
const OUT = 2

export function characterSet(test: (character: string) => boolean): CharacterSet {
  return { test, latin: new Uint8Array(PAGE), pages: new Map() }
}

/** `code` is a code point, or half of one in patterns without the flag u. */
export function hasCharacter(set: CharacterSet, code: number): boolean {
  const page = code < PAGE ? set.latin : pageOf(set, code)
  const known = page[code % PAGE]!
  if (known !== 0) return known === IN
  const found = set.test(String.fromCodePoint(code))
  page[code % PAGE] = found ? IN : OUT
  return found
}

function pageOf(set: CharacterSet, code: number): Uint8Array {
  const number = Math.floor(code / PAGE)
  let page = set.pages.get(number)
  if (!page) set.pages.set(number, (page = new Uint8Array(PAGE)))
  return page
}

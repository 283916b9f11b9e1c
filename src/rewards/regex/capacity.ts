/** Which characters a part of a pattern can hold, in words: the reason why an answer does not fit. */
import { childrenOf } from './holes.ts'
import { parseRegex } from './parse.ts'
import type { RegexNode } from './syntax.ts'

export type Capacity = {
  /** The first character of the text that nothing there takes; null when each one is taken somewhere. */
  readonly missing: string | null
  /** All that it takes, e.g. “digits and “.””; null when that is too much to say. */
  readonly only: string | null
}

/** @param firstGroup look at the first brackets, else at the whole pattern. Null when they repeat what stands elsewhere. */
export function capacityOf(pattern: string, flags: string, firstGroup: boolean, text: string): Capacity | null {
  const root = parseRegex(pattern, flags).node
  const part = firstGroup ? within(root).find((node) => node.type === 'group' && node.index === 1) : root
  if (!part) return null
  const nodes = within(part)
  if (nodes.some((node) => node.type === 'backreference')) return null
  const tests = nodes.flatMap((node) => (node.type === 'character' ? [node.test] : []))
  const takes = (character: string): boolean => tests.some((test) => test(character))
  const missing = [...text.trim()].find((character) => !takes(character)) ?? null
  return { missing, only: inWords(PRINTABLE.filter(takes)) }
}

/** What stands in a look is not held. */
function within(node: RegexNode): readonly RegexNode[] {
  return node.type === 'look' ? [] : [node, ...childrenOf(node).flatMap(within)]
}

const PRINTABLE = Array.from({ length: 0x7e - 0x20 }, (_, i) => String.fromCharCode(0x21 + i))

const KINDS: readonly (readonly [name: string, pattern: RegExp, count: number])[] = [
  ['letters', /[A-Za-z]/, 52],
  ['capital letters', /[A-Z]/, 26],
  ['small letters', /[a-z]/, 26],
  ['digits', /[0-9]/, 10],
]
const MOST_NAMED = 3

function inWords(characters: readonly string[]): string | null {
  const names: string[] = []
  let rest = characters
  for (const [name, pattern, count] of KINDS) {
    if (rest.filter((character) => pattern.test(character)).length < count) continue
    names.push(name)
    rest = rest.filter((character) => !pattern.test(character))
  }
  if (names.length === 0 || rest.length > MOST_NAMED) return null
  const all = [...names, ...rest.map((character) => `“${character}”`)]
  return all.length === 1 ? all[0]! : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
}

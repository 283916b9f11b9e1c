/**
 * Texts that a pattern matches, with a place for an answer: what a model would have to write. They are guesses made from the
 * tree (fewest rounds, first option, a few characters per test) in time linear in the pattern; whoever uses one asks the
 * grader whether it really pays.
 */
import { holesOf, linked } from './holes.ts'
import type { Hole, Links } from './holes.ts'
import { parseRegex } from './parse.ts'
import type { RegexNode } from './syntax.ts'

/** A text around an answer. */
export type Form = {
  /** In order; null stands for the answer. */
  readonly parts: readonly (string | null)[]
  /** Those stretches of the parts that no other characters could stand for, in order. */
  readonly frame: readonly string[]
  /** The group that holds the answer, counted from 1; null when it stands elsewhere. */
  readonly group: number | null
}

export function fill({ parts }: Form, answer: string): string {
  return parts.map((part) => part ?? answer).join('')
}

/** Characters that stand for many. The first is what people read as “anything”. */
const FAVOURITES = ['…', '1', 'a', ' ', '.'] as const
const CHARACTERS = `${FAVOURITES.join('')}AZz059-,:;!?"'()[]{}<>/\\|_#$%&*+=@^~\`\n\t\r`
const MOST_FORMS = 64
const MOST_CHARACTERS = 4_000
const MOST_SCANS = 8
const AROUND = [' ', '\n', ''] as const

/**
 * Most natural first, and none twice. The pattern must be one that `compileRegex` takes.
 * @param compare the first group must hold the answer and nothing else; otherwise it may stand anywhere
 */
export function formsOf(pattern: string, flags: string, compare: boolean): readonly Form[] {
  const links = linked(parseRegex(pattern, flags).node)
  const choose = chooser(pattern)
  const holes = compare ? links.groups.slice(0, 1).map(({ node }) => ({ node })) : holesOf(links, choose.isFixed)
  const groupOf = new Map<RegexNode, number>(links.groups.map((node) => [node.node, node.index]))
  const forms = new Map<string, Form>()
  const add = (pieces: readonly Piece[], group: number | null): void => {
    const parts = pieces.map((piece) => (piece === ANSWER ? null : piece.text))
    const key = JSON.stringify(parts)
    if (forms.size < MOST_FORMS && !forms.has(key)) forms.set(key, { parts, frame: frameOf(pieces), group })
  }
  for (const wish of wishes(links)) {
    for (const hole of holes) {
      const pieces = write(links, choose, wish, hole)
      if (pieces) add(pieces, groupOf.get(hole.node) ?? null)
    }
    const alone = compare ? null : write(links, choose, wish, null)
    if (!alone) continue
    for (const between of AROUND) {
      const space = { text: between, fixed: false }
      add([...alone, space, ANSWER], null)
      add([ANSWER, space, ...alone], null)
    }
  }
  return [...forms.values()]
}

/** Texts without an answer that the pattern may match. */
export function textsOf(pattern: string, flags: string): readonly string[] {
  const links = linked(parseRegex(pattern, flags).node)
  const choose = chooser(pattern)
  const texts = wishes(links).flatMap((wish) => {
    const pieces = write(links, choose, wish, null)
    return pieces ? [pieces.map((piece) => piece?.text).join('')] : []
  })
  return [...new Set(texts)]
}

const ANSWER = null
type Piece = { readonly text: string; readonly fixed: boolean } | typeof ANSWER

function frameOf(pieces: readonly Piece[]): string[] {
  return pieces.flatMap((piece) =>
    piece !== ANSWER && piece.fixed && piece.text.trim() !== '' ? [piece.text.trim()] : [],
  )
}

/** What differs from one attempt to the next: the character liked best, whether what a look asks for is written, which option. */
type Wish = { readonly favourite: string; readonly looks: boolean; readonly backwards: boolean }

function wishes({ hasLooks, hasChoices }: Links): Wish[] {
  const both = (is: boolean, first: boolean): boolean[] => (is ? [first, !first] : [first])
  return both(hasChoices, false).flatMap((backwards) =>
    FAVOURITES.flatMap((favourite) => both(hasLooks, true).map((looks) => ({ favourite, looks, backwards }))),
  )
}

type Chosen = { readonly text: string; readonly fixed: boolean }

type Chooser = {
  /** Null when nothing was found that the test takes. */
  choose(node: CharacterNode, favourite: string): Chosen | null
  isFixed(node: CharacterNode): boolean
}

type CharacterNode = Extract<RegexNode, { type: 'character' }>

/** The characters of the pattern itself are what its literals are made of. */
function chooser(pattern: string): Chooser {
  const known = [...new Set([...CHARACTERS, ...pattern, ...pattern.split('')])]
  const accepted = new Map<RegexNode, readonly string[]>()
  let scans = 0
  const acceptedBy = (node: CharacterNode): readonly string[] => {
    let found = accepted.get(node)
    if (!found) {
      found = known.filter(node.test)
      if (found.length === 0 && scans++ < MOST_SCANS) found = scanned(node.test)
      accepted.set(node, found)
    }
    return found
  }
  const isFixed = (node: CharacterNode): boolean =>
    new Set(acceptedBy(node).map((character) => character.toLowerCase())).size === 1
  return {
    isFixed,
    choose(node, favourite) {
      const found = acceptedBy(node)
      const text = found.includes(favourite) ? favourite : found[0]
      return text === undefined ? null : { text, fixed: isFixed(node) }
    },
  }
}

/** Escapes and properties name characters that the pattern does not spell. Two, so that a class does not look like a literal. */
function scanned(test: (character: string) => boolean): string[] {
  const found: string[] = []
  for (let code = 0x20; code < 0x20000 && found.length < 2; code++) {
    const character = String.fromCodePoint(code)
    if (test(character)) found.push(character)
  }
  return found
}

/** Null when it cannot be written, e.g. because it would be too long. */
function write(links: Links, chooser: Chooser, wish: Wish, hole: Hole | null): readonly Piece[] | null {
  const around = hole ? links.around(hole.node) : new Set<RegexNode>()
  const captures = new Map<number, readonly Piece[]>()
  return of(links.root, hole)

  function of(node: RegexNode, hole: Hole | null): readonly Piece[] | null {
    if (hole && node === hole.node && !hole.range) return held(node, [ANSWER])
    switch (node.type) {
      case 'character': {
        const chosen = chooser.choose(node, wish.favourite)
        return chosen && [chosen]
      }
      case 'sequence':
        return sequence(node.items, hole && node === hole.node ? hole.range! : null, hole)
      case 'choice': {
        const chosen = hole && node.options.find((option) => around.has(option))
        if (chosen) return of(chosen, hole)
        for (const option of wish.backwards ? [...node.options].reverse() : node.options) {
          const pieces = of(option, null)
          if (pieces) return pieces
        }
        return null
      }
      case 'repeat':
        return repeat(node, hole && around.has(node.item) ? hole : null)
      case 'group': {
        const pieces = of(node.item, hole)
        return pieces && held(node, pieces)
      }
      case 'look': {
        const inside = hole !== null && around.has(node.item)
        if (inside) return node.negative || !wish.looks ? null : of(node.item, hole)
        return node.negative || !wish.looks ? [] : of(node.item, null)
      }
      case 'backreference':
        return captures.get(node.index()) ?? []
      case 'start':
      case 'end':
      case 'wordBoundary':
        return []
    }
  }

  function held(node: RegexNode, pieces: readonly Piece[]): readonly Piece[] {
    if (node.type === 'group') captures.set(node.index, pieces)
    return pieces
  }

  function sequence(
    items: readonly RegexNode[],
    range: readonly [from: number, to: number] | null,
    hole: Hole | null,
  ): readonly Piece[] | null {
    const out: Piece[] = []
    for (const [i, item] of items.entries()) {
      if (range && i > range[0] && i <= range[1]) continue
      const pieces = range && i === range[0] ? [ANSWER] : of(item, range ? null : hole)
      if (!pieces || !append(out, pieces)) return null
    }
    return out
  }

  function repeat(
    { item, min, max }: Extract<RegexNode, { type: 'repeat' }>,
    hole: Hole | null,
  ): readonly Piece[] | null {
    const rounds = hole ? Math.max(min, 1) : min
    if (rounds > max) return null
    if (rounds === 0) return []
    const out: Piece[] = []
    const plain = hole && rounds === 1 ? [] : of(item, null)
    if (!plain) return null
    if (plain.length > 0) {
      for (let round = hole ? 1 : 0; round < rounds; round++) if (!append(out, plain)) return null
    }
    const last = hole ? of(item, hole) : []
    return last && append(out, last) ? out : null
  }
}

/** False when it grows too long. Neighbours of one sort become one. */
function append(out: Piece[], pieces: readonly Piece[]): boolean {
  for (const piece of pieces) {
    const last = out.at(-1)
    if (piece !== ANSWER && last && last.fixed === piece.fixed) {
      out[out.length - 1] = { text: last.text + piece.text, fixed: last.fixed }
    } else out.push(piece)
  }
  return out.reduce((sum, piece) => sum + (piece?.text.length ?? 1), 0) <= MOST_CHARACTERS
}

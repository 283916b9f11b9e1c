/**
 * Matches a tree by backtracking with a budget of steps. Native patterns can take exponential time on a model's answer and
 * cannot be interrupted; this gives up after the same number of steps on every machine, so a run stays repeatable.
 */
import type { ParsedRegex, RegexNode } from './syntax.ts'

export type MatchOutcome =
  | { readonly type: 'match'; readonly text: string; readonly groups: readonly (string | null)[] }
  | { readonly type: 'none' }
  /** The budget ran out before an answer was certain. */
  | { readonly type: 'gaveUp' }

/** About 5 ms; deep enough for every pattern that is not pathological. */
const MOST_STEPS = 200_000
/** Recursion is as deep as the match is long. */
const MOST_DEPTH = 2_000

class GaveUp extends Error {}

type Continue = (at: number) => boolean

/** First match in `text`, leftmost first, as the native engine finds it. */
export function matchRegex(regex: ParsedRegex, text: string): MatchOutcome {
  const units = regex.flags.includes('u') ? [...text] : text.split('')
  const multiline = regex.flags.includes('m')
  const ignoreCase = regex.flags.includes('i')
  const captures: (readonly [number, number] | null)[] = Array.from({ length: regex.groupCount + 1 }, () => null)
  let steps = 0
  let depth = 0

  try {
    for (let from = 0; from <= units.length; from++) {
      captures.fill(null)
      let end = -1
      if (!run(regex.node, from, (to) => ((end = to), true))) continue
      const slice = (range: readonly [number, number] | null | undefined): string | null =>
        range ? units.slice(range[0], range[1]).join('') : null
      return { type: 'match', text: slice([from, end])!, groups: captures.slice(1).map(slice) }
    }
    return { type: 'none' }
  } catch (error) {
    if (error instanceof GaveUp) return { type: 'gaveUp' }
    throw error
  }

  function run(node: RegexNode, at: number, next: Continue): boolean {
    if (++steps > MOST_STEPS || ++depth > MOST_DEPTH) throw new GaveUp()
    const matched = runNode(node, at, next)
    depth--
    return matched
  }

  function runNode(node: RegexNode, at: number, next: Continue): boolean {
    switch (node.type) {
      case 'character':
        return at < units.length && node.test(units[at]!) && next(at + 1)
      case 'sequence':
        return runSequence(node.items, 0, at, next)
      case 'choice':
        return node.options.some((option) => run(option, at, next))
      case 'repeat':
        return runRepeat(node, 0, at, next)
      case 'group': {
        const before = captures[node.index]!
        const matched = run(node.item, at, (to) => {
          const inner = captures[node.index]!
          captures[node.index] = [at, to]
          return next(to) || ((captures[node.index] = inner), false)
        })
        if (!matched) captures[node.index] = before
        return matched
      }
      case 'look':
        return runLook(node, at) && next(at)
      case 'backreference': {
        const range = captures[node.index()]
        if (!range) return next(at)
        const [from, to] = range
        for (let i = 0; i < to - from; i++) if (!same(units[from + i], units[at + i])) return false
        return next(at + to - from)
      }
      case 'start':
        return (at === 0 || (multiline && isNewline(units[at - 1]!))) && next(at)
      case 'end':
        return (at === units.length || (multiline && isNewline(units[at]!))) && next(at)
      case 'wordBoundary':
        return (isWord(units[at - 1]) !== isWord(units[at])) !== node.negative && next(at)
    }
  }

  function runSequence(items: readonly RegexNode[], i: number, at: number, next: Continue): boolean {
    if (i === items.length) return next(at)
    return run(items[i]!, at, (to) => runSequence(items, i + 1, to, next))
  }

  function runRepeat(node: Extract<RegexNode, { type: 'repeat' }>, count: number, at: number, next: Continue): boolean {
    if (node.item.type === 'character') return runCharacters(node, node.item, at, next)
    const again = (): boolean => {
      if (count >= node.max) return false
      const held = captures.slice(node.groups[0], node.groups[1])
      captures.fill(null, node.groups[0], node.groups[1])
      // A round that reads nothing would go on for ever; past the minimum it does not count.
      const matched = run(node.item, at, (to) => (to > at || count < node.min) && runRepeat(node, count + 1, to, next))
      if (!matched) captures.splice(node.groups[0], held.length, ...held)
      return matched
    }
    if (count < node.min) return again()
    return node.greedy ? again() || next(at) : next(at) || again()
  }

  /** Repeats of one character, by far the commonest, need no recursion per round. */
  function runCharacters(
    node: Extract<RegexNode, { type: 'repeat' }>,
    item: Extract<RegexNode, { type: 'character' }>,
    at: number,
    next: Continue,
  ): boolean {
    const fits = (i: number): boolean => {
      if (++steps > MOST_STEPS) throw new GaveUp()
      return i < units.length && item.test(units[i]!)
    }
    let to = at
    while (to - at < (node.greedy ? node.max : node.min) && fits(to)) to++
    if (to - at < node.min) return false
    if (node.greedy) {
      for (; to - at >= node.min; to--) if (next(to)) return true
      return false
    }
    for (;;) {
      if (next(to)) return true
      if (to - at >= node.max || !fits(to)) return false
      to++
    }
  }

  function runLook(node: Extract<RegexNode, { type: 'look' }>, at: number): boolean {
    const held = captures.slice()
    let found = false
    if (!node.behind) found = run(node.item, at, () => true)
    else for (let from = at; from >= 0 && !found; from--) found = run(node.item, from, (to) => to === at)
    if (!found || node.negative) captures.splice(0, held.length, ...held)
    return found !== node.negative
  }

  function same(a: string | undefined, b: string | undefined): boolean {
    if (a === undefined || b === undefined) return false
    return a === b || (ignoreCase && (a.toLowerCase() === b.toLowerCase() || a.toUpperCase() === b.toUpperCase()))
  }
}

function isNewline(character: string): boolean {
  return character === '\n' || character === '\r' || character === '\u2028' || character === '\u2029'
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /^\w$/.test(character)
}

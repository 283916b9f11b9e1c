/**
 * Regex tree → a program: numbered instructions that each name the one to go on with. The matcher can run it with a stack of
 * its own; walking the tree would need JavaScript calls as deep as the match is long.
 */
import { characterSet } from './characterSet.ts'
import type { CharacterSet } from './characterSet.ts'
import type { ParsedRegex, RegexNode } from './syntax.ts'

/** Registers hold integers: group i starts at register 2i and ends at 2i + 1 (−1: not captured); loops and looks use the rest. */
export type Instruction =
  | { readonly type: 'character'; readonly set: CharacterSet; readonly step: Step; readonly next: number }
  | Characters
  | { readonly type: 'split'; readonly first: number; readonly second: number }
  /** Stores the position. */
  | { readonly type: 'save'; readonly register: number; readonly next: number }
  /** Before the first round. */
  | { readonly type: 'loop'; readonly loop: Loop }
  /** Begins a round that has something to remember or to forget. */
  | { readonly type: 'round'; readonly loop: Loop; readonly next: number }
  /** After a round. */
  | { readonly type: 'again'; readonly loop: Loop }
  | Look
  | { readonly type: 'lookEnd'; readonly look: Look }
  | { readonly type: 'backreference'; readonly group: number; readonly step: Step; readonly next: number }
  | { readonly type: 'start'; readonly next: number }
  | { readonly type: 'end'; readonly next: number }
  | { readonly type: 'wordBoundary'; readonly negative: boolean; readonly next: number }
  | { readonly type: 'matched' }

/** 1 reads forwards; −1, inside a lookbehind, backwards. */
export type Step = 1 | -1

/** A repeat of one character. */
export type Characters = {
  readonly type: 'characters'
  readonly set: CharacterSet
  readonly min: number
  readonly max: number
  readonly greedy: boolean
  readonly step: Step
  readonly next: number
}

export type Loop = {
  readonly min: number
  readonly max: number
  readonly greedy: boolean
  /** Groups inside, which each round forgets. */
  readonly groups: readonly [from: number, to: number]
  /** Counts the rounds; −1 where it is enough to know whether there was one. */
  readonly count: number
  /** Where the round began; −1 if every round reads something. */
  readonly origin: number
  readonly next: number
  /** The only field set later: a loop's body leads back to the loop. */
  body: number
}

export type Look = {
  readonly type: 'look'
  readonly negative: boolean
  /** Two registers: the height of the stack and the position before looking. */
  readonly register: number
  readonly next: number
  body: number
}

export type RegexProgram = {
  readonly code: readonly Instruction[]
  readonly start: number
  readonly registerCount: number
  readonly groupCount: number
  readonly unicode: boolean
  readonly multiline: boolean
  readonly ignoreCase: boolean
  /** Characters that `\b` takes for part of a word. */
  readonly word: CharacterSet
}

/** Recursion is as deep as groups nest, which the parser bounds. */
export function compileProgram({ node, groupCount, flags }: ParsedRegex): RegexProgram {
  const code: Instruction[] = []
  let registerCount = 2 * (groupCount + 1)
  const start = compile(node, 1, add({ type: 'matched' }))
  const [unicode, multiline, ignoreCase] = [flags.includes('u'), flags.includes('m'), flags.includes('i')]
  const word = new RegExp('\\w', `${ignoreCase ? 'i' : ''}${unicode ? 'u' : ''}`)
  const isWord = characterSet((character) => word.test(character))
  return { code, start, registerCount, groupCount, unicode, multiline, ignoreCase, word: isWord }

  function add(instruction: Instruction): number {
    return code.push(instruction) - 1
  }

  /** Adds what matches `item` and goes on with `next`; the first instruction's number. */
  function compile(item: RegexNode, step: Step, next: number): number {
    switch (item.type) {
      case 'character':
        return add({ type: 'character', set: characterSet(item.test), step, next })
      case 'sequence':
        return step === 1
          ? item.items.reduceRight((after, each) => compile(each, step, after), next)
          : item.items.reduce((after, each) => compile(each, step, after), next)
      case 'choice':
        return item.options
          .map((option) => compile(option, step, next))
          .reduceRight((second, first) => add({ type: 'split', first, second }))
      case 'repeat':
        return compileRepeat(item, step, next)
      case 'group': {
        const [first, last] = step === 1 ? [0, 1] : [1, 0]
        const close = add({ type: 'save', register: 2 * item.index + last, next })
        return add({ type: 'save', register: 2 * item.index + first, next: compile(item.item, step, close) })
      }
      case 'look': {
        const look: Look = { type: 'look', negative: item.negative, register: registerCount, next, body: -1 }
        registerCount += 2
        look.body = compile(item.item, item.behind ? -1 : 1, add({ type: 'lookEnd', look }))
        return add(look)
      }
      case 'backreference': {
        const group = item.index()
        // A group that does not exist is one that never captures.
        return add({ type: 'backreference', group: group > groupCount ? 0 : group, step, next })
      }
      case 'wordBoundary':
        return add({ type: 'wordBoundary', negative: item.negative, next })
      case 'start':
      case 'end':
        return add({ type: item.type, next })
    }
  }

  function compileRepeat(repeat: Extract<RegexNode, { type: 'repeat' }>, step: Step, next: number): number {
    const { item, min, max, greedy, groups } = repeat
    if (item.type === 'character')
      return add({ type: 'characters', set: characterSet(item.test), min, max, greedy, step, next })
    const origin = canBeEmpty(item) ? registerCount++ : -1
    const uncounted = (min === 0 && max === 1) || (max === Infinity && (min === 0 || (min === 1 && origin < 0)))
    const loop: Loop = { min, max, greedy, groups, count: uncounted ? -1 : registerCount++, origin, next, body: -1 }
    loop.body = compile(item, step, add({ type: 'again', loop }))
    if (origin >= 0 || groups[0] < groups[1]) loop.body = add({ type: 'round', loop, next: loop.body })
    return add({ type: 'loop', loop })
  }
}

function canBeEmpty(node: RegexNode): boolean {
  switch (node.type) {
    case 'character':
      return false
    case 'sequence':
      return node.items.every(canBeEmpty)
    case 'choice':
      return node.options.some(canBeEmpty)
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.item)
    case 'group':
      return canBeEmpty(node.item)
    default:
      return true
  }
}

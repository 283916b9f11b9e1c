/**
 * Runs a regex program by backtracking with a budget of steps. Native patterns can take exponential time on a model's answer
 * and cannot be interrupted; this gives up after the same number of steps on every machine, so a run stays repeatable.
 * What to try next is kept on a stack of its own: one of JavaScript calls would overflow on long texts.
 */
import { Backtracks, UNSET } from './backtracks.ts'
import { hasCharacter } from './characterSet.ts'
import type { CharacterSet } from './characterSet.ts'
import type { Characters, Look, Loop, RegexProgram, Step } from './program.ts'

export type MatchOutcome =
  | { readonly type: 'match'; readonly text: string; readonly groups: readonly (string | null)[] }
  | { readonly type: 'none' }
  /** The budget ran out before an answer was certain. */
  | { readonly type: 'gaveUp' }

/**
 * A few ms. Instructions, characters read by repeats and by backreferences, and groups forgotten count one each. A step pushes
 * at most a few entries, so this bounds the memory too.
 */
const MOST_STEPS = 200_000

/** Instead of a next instruction. */
const FAILED = -1
const MATCHED = -2

/** Of a choice that does not resume a repeat of one character. */
const NO_ROUNDS = -1

/** First match in `text`, leftmost first, as the native engine finds it. */
export function matchRegex(program: RegexProgram, text: string): MatchOutcome {
  const { code, multiline } = program
  const characters = program.unicode ? [...text] : text
  const { length } = characters
  const codes = new Uint32Array(length)
  for (let i = 0; i < length; i++) codes[i] = characters[i]!.codePointAt(0)!
  const backtracks = new Backtracks(program.registerCount)
  const { registers } = backtracks
  let at = 0
  let steps = 0

  // Only the start of the text can match where `^` comes first.
  const lastFrom = code[program.start]!.type === 'start' && !multiline ? 0 : length
  for (let from = 0; from <= lastFrom; from++) {
    at = from
    const result = runFrom(program.start)
    if (result === 'gaveUp') return { type: 'gaveUp' }
    if (result) return { type: 'match', text: slice(from, at), groups: groups() }
  }
  return { type: 'none' }

  /** Failing undoes every change, so that the next start finds the registers and the stack empty. */
  function runFrom(start: number): boolean | 'gaveUp' {
    let pc = start
    for (;;) {
      if (++steps > MOST_STEPS) return 'gaveUp'
      pc = execute(pc)
      if (pc === FAILED) pc = backtrack()
      if (pc === FAILED) return false
      if (pc === MATCHED) return steps > MOST_STEPS ? 'gaveUp' : true
    }
  }

  function execute(pc: number): number {
    const instruction = code[pc]!
    switch (instruction.type) {
      case 'character':
        if (!fits(instruction, at)) return FAILED
        at += instruction.step
        return instruction.next
      case 'characters':
        return readCharacters(instruction, pc)
      case 'split':
        backtracks.push(instruction.second, at, NO_ROUNDS)
        return instruction.first
      case 'save':
        backtracks.set(instruction.register, at)
        return instruction.next
      case 'loop':
        if (instruction.loop.count >= 0) backtracks.set(instruction.loop.count, 0)
        return nextRound(instruction.loop, 0)
      case 'round':
        beginRound(instruction.loop)
        return instruction.next
      case 'again':
        return endRound(instruction.loop)
      case 'look':
        return beginLook(instruction)
      case 'lookEnd':
        return endLook(instruction.look)
      case 'backreference':
        return readsGroup(instruction.group, instruction.step) ? instruction.next : FAILED
      case 'start':
        return at === 0 || (multiline && isNewline(codes[at - 1]!)) ? instruction.next : FAILED
      case 'end':
        return at === length || (multiline && isNewline(codes[at]!)) ? instruction.next : FAILED
      case 'wordBoundary':
        return (isWord(at - 1) !== isWord(at)) !== instruction.negative ? instruction.next : FAILED
      case 'matched':
        return MATCHED
    }
  }

  function backtrack(): number {
    while (backtracks.pop()) {
      at = backtracks.position
      const { instruction, rounds } = backtracks
      if (rounds === NO_ROUNDS) return instruction
      const next = resumeCharacters(code[instruction] as Characters, instruction, rounds)
      if (next !== FAILED) return next
    }
    return FAILED
  }

  function fits(wanted: { readonly set: CharacterSet; readonly step: Step }, position: number): boolean {
    const i = wanted.step === 1 ? position : position - 1
    return i >= 0 && i < length && hasCharacter(wanted.set, codes[i]!)
  }

  /** One entry on the stack stands for all the rounds that a repeat of one character may give back or still take. */
  function readCharacters(repeat: Characters, pc: number): number {
    const wanted = repeat.greedy ? repeat.max : repeat.min
    const { step } = repeat
    let rounds = 0
    while (rounds < wanted && fits(repeat, at + rounds * step)) rounds++
    steps += rounds
    if (rounds < repeat.min) return FAILED
    if (repeat.greedy ? rounds > repeat.min : rounds < repeat.max) backtracks.push(pc, at, rounds)
    at += rounds * step
    return repeat.next
  }

  function resumeCharacters(repeat: Characters, pc: number, before: number): number {
    if (!repeat.greedy && !fits(repeat, at + before * repeat.step)) return FAILED
    const rounds = repeat.greedy ? before - 1 : before + 1
    if (repeat.greedy ? rounds > repeat.min : rounds < repeat.max) backtracks.push(pc, at, rounds)
    at += rounds * repeat.step
    return repeat.next
  }

  function nextRound(loop: Loop, rounds: number): number {
    if (rounds < loop.min) return loop.body
    if (rounds >= loop.max) return loop.next
    backtracks.push(loop.greedy ? loop.next : loop.body, at, NO_ROUNDS)
    return loop.greedy ? loop.body : loop.next
  }

  function beginRound(loop: Loop): void {
    if (loop.origin >= 0) backtracks.set(loop.origin, at)
    for (let i = 2 * loop.groups[0]; i < 2 * loop.groups[1]; i++) {
      if (registers[i] === UNSET) continue
      backtracks.set(i, UNSET)
      steps++
    }
  }

  function endRound(loop: Loop): number {
    const rounds = loop.count >= 0 ? registers[loop.count]! + 1 : 1
    // A round that reads nothing would go on for ever; past the minimum it does not count.
    if (rounds > loop.min && loop.origin >= 0 && registers[loop.origin] === at) return FAILED
    if (loop.count >= 0) backtracks.set(loop.count, rounds)
    return nextRound(loop, rounds)
  }

  function beginLook({ register, negative, next, body }: Look): number {
    registers[register] = backtracks.height
    registers[register + 1] = at
    if (negative) backtracks.push(next, at, NO_ROUNDS)
    return body
  }

  /** What was looked at is settled, whatever follows. */
  function endLook({ register, negative, next }: Look): number {
    if (negative) {
      backtracks.discard(registers[register]!)
      return FAILED
    }
    backtracks.settle(registers[register]!)
    at = registers[register + 1]!
    return next
  }

  function readsGroup(group: number, step: Step): boolean {
    const [from, to] = [registers[2 * group]!, registers[2 * group + 1]!]
    if (from === UNSET || to === UNSET) return true
    const target = step === 1 ? at : at - (to - from)
    if (target < 0 || target + to - from > length) return false
    for (let i = 0; i < to - from; i++, steps++) if (!same(codes[from + i]!, codes[target + i]!)) return false
    at += step * (to - from)
    return true
  }

  function same(a: number, b: number): boolean {
    if (a === b || !program.ignoreCase) return a === b
    return (program.unicode ? /^([^])\1$/iu : /^([^])\1$/i).test(String.fromCodePoint(a, b))
  }

  function isWord(i: number): boolean {
    return i >= 0 && i < length && hasCharacter(program.word, codes[i]!)
  }

  function slice(from: number, to: number): string {
    return typeof characters === 'string' ? characters.slice(from, to) : characters.slice(from, to).join('')
  }

  function groups(): (string | null)[] {
    return Array.from({ length: program.groupCount }, (_, i) => {
      const [from, to] = [registers[2 * i + 2]!, registers[2 * i + 3]!]
      return from === UNSET || to === UNSET ? null : slice(from, to)
    })
  }
}

function isNewline(code: number): boolean {
  return code === 10 || code === 13 || code === 0x2028 || code === 0x2029
}

/** Pattern text → tree. The native engine has already accepted the pattern, so only what it accepts must be understood. */
import { RegexSyntaxError } from './syntax.ts'
import type { ParsedRegex, RegexNode } from './syntax.ts'

/** More than this is surely a mistake. */
const MOST_REPEATS = 10_000
/** Parsing and compiling are recursive: this takes less than a third of the stack. */
const MOST_NESTING = 300

/** @throws RegexSyntaxError for the few native features that are not supported, SyntaxError for a broken pattern. */
export function parseRegex(pattern: string, flags: string): ParsedRegex {
  const native = new RegExp(pattern, flags)
  if (native.flags.includes('v')) throw new RegexSyntaxError('the flag v is not supported, use u')
  const names = new Map<string, number>()
  const unicode = native.unicode
  const characters = unicode ? [...pattern] : pattern.split('')
  let at = 0
  let groupCount = 0
  let nesting = 0

  const node = parseChoice()
  if (at < characters.length) throw new RegexSyntaxError(`"${characters[at]}" is unexpected`)
  return { node, groupCount, flags: native.flags }

  function take(text: string): boolean {
    if (![...text].every((c, i) => characters[at + i] === c)) return false
    at += text.length
    return true
  }

  function parseChoice(): RegexNode {
    const options = [parseSequence()]
    while (take('|')) options.push(parseSequence())
    if (options.length === 1) return options[0]!
    // `.|\\n` and the like are one character: repeats of one are quicker.
    const tests = options.flatMap((option) => (option.type === 'character' ? [option.test] : []))
    if (tests.length < options.length) return { type: 'choice', options }
    return { type: 'character', test: (character) => tests.some((test) => test(character)) }
  }

  function parseSequence(): RegexNode {
    const items: RegexNode[] = []
    while (at < characters.length && characters[at] !== '|' && characters[at] !== ')') items.push(parseTerm())
    return items.length === 1 ? items[0]! : { type: 'sequence', items }
  }

  function parseTerm(): RegexNode {
    const before = groupCount
    const item = parseAtom()
    const range = parseQuantifier()
    if (!range) return item
    const greedy = !take('?')
    return { type: 'repeat', item, ...range, greedy, groups: [before + 1, groupCount + 1] }
  }

  function parseQuantifier(): { min: number; max: number } | null {
    if (take('*')) return { min: 0, max: Infinity }
    if (take('+')) return { min: 1, max: Infinity }
    if (take('?')) return { min: 0, max: 1 }
    const braces = /^\{(\d+)(?:(,)(\d*))?\}/.exec(characters.slice(at, at + 40).join(''))
    if (!braces) return null
    at += braces[0].length
    const min = Number(braces[1])
    const max = braces[2] === undefined ? min : braces[3] === '' ? Infinity : Number(braces[3])
    if (min > MOST_REPEATS || (max !== Infinity && max > MOST_REPEATS))
      throw new RegexSyntaxError(`repeats are limited to ${MOST_REPEATS}`)
    return { min, max }
  }

  function parseAtom(): RegexNode {
    if (take('^')) return { type: 'start' }
    if (take('$')) return { type: 'end' }
    if (take('(')) return parseGroup()
    if (characters[at] === '[') return parseClass()
    if (characters[at] === '\\') return parseEscape()
    return nativeCharacter(characters[at++]!)
  }

  function parseGroup(): RegexNode {
    if (++nesting > MOST_NESTING) throw new RegexSyntaxError(`groups nest more than ${MOST_NESTING} deep`)
    const close = <T extends RegexNode>(made: T): T => {
      if (!take(')')) throw new RegexSyntaxError('a group is not closed')
      nesting--
      return made
    }
    if (take('?:')) return close(parseChoice())
    for (const [sign, behind, negative] of LOOKS)
      if (take(sign)) return close({ type: 'look', behind, negative, item: parseChoice() })
    const index = ++groupCount
    if (take('?<')) {
      const end = characters.indexOf('>', at)
      names.set(characters.slice(at, end).join(''), index)
      at = end + 1
    } else if (take('?')) throw new RegexSyntaxError('groups that change flags are not supported')
    return close({ type: 'group', index, item: parseChoice() })
  }

  function parseClass(): RegexNode {
    const from = at++
    while (at < characters.length && characters[at] !== ']') at += characters[at] === '\\' ? 2 : 1
    at++
    return nativeCharacter(characters.slice(from, at).join(''))
  }

  function parseEscape(): RegexNode {
    if (take('\\b')) return { type: 'wordBoundary', negative: false }
    if (take('\\B')) return { type: 'wordBoundary', negative: true }
    const named = take('\\k<')
    if (named) {
      const end = characters.indexOf('>', at)
      const name = characters.slice(at, end).join('')
      at = end + 1
      return { type: 'backreference', index: () => names.get(name) ?? 0 }
    }
    const rest = characters.slice(at, at + 200).join('')
    const reference = /^\\([1-9]\d*)/.exec(rest)
    if (reference) {
      const index = Number(reference[1])
      at += reference[0].length
      return { type: 'backreference', index: () => index }
    }
    const escape = ESCAPE.exec(rest)?.[0] ?? rest.slice(0, 2)
    at += unicode ? [...escape].length : escape.length
    return nativeCharacter(escape)
  }

  function nativeCharacter(source: string): RegexNode {
    const test = new RegExp(`^(?:${source})$`, native.flags.replace(/[gymd]/g, ''))
    return { type: 'character', test: (character) => test.test(character) }
  }
}

const LOOKS = [
  ['?=', false, false],
  ['?!', false, true],
  ['?<=', true, false],
  ['?<!', true, true],
] as const

const ESCAPE = /^\\(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[pP]\{[^}]*\})/

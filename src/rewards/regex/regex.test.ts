import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRegex } from './index.ts'

function ours(pattern: string, flags: string, text: string): unknown {
  const regex = compileRegex(pattern, flags)
  return regex.ok ? regex.value.match(text) : regex.error
}

function native(pattern: string, flags: string, text: string): unknown {
  const found = new RegExp(pattern, flags).exec(text)
  if (!found) return { type: 'none' }
  return { type: 'match', text: found[0], groups: found.slice(1).map((group) => group ?? null) }
}

describe('equals the native engine', () => {
  test.each([
    [String.raw`<answer>(.*?)</answer>`, 's', 'x <answer>4\n2</answer> <answer>no</answer>'],
    [String.raw`\\boxed\{([^}]*)\}`, '', 'so \\boxed{42} and \\boxed{7}'],
    [String.raw`^(?<head>\w+)-(\w+)\b.*\k<head>$`, 'im', 'no\nAb-cd ... ab\nno'],
    [String.raw`(?:(a)|b)*`, '', 'abab'],
    [String.raw`(a*)*`, '', 'aab'],
    [String.raw`(?<!\d)\d{2,3}?(?!\d)`, '', '1 1234 99'],
    [String.raw`(?<=\$)(\d+)(?:\.\d\d)?`, '', 'USD $15.20'],
    [String.raw`\p{Lu}\p{Ll}+\u{1F642}?`, 'u', 'é Éa🙂'],
    [String.raw`[^\]\n]+|\x41`, '', ']\nA'],
    [String.raw`(z)((a+)?(b+)?(c))*`, '', 'zaacbbbcac'],
    [String.raw`(?=(a+))a*b\1`, '', 'baaabac'],
    [String.raw`(.*?)a(?!(a+)b\2c)\2(.*)`, '', 'baaabaac'],
    [String.raw`\bfoo\B.`, '', 'foo foox'],
    [String.raw`a{2}b{1,}c{0,2}`, '', 'aabbcc'],
    [String.raw`(?:.|\n)+end`, '', 'a\nb end'],
    [String.raw`(?<=(\d+)(\d+))$`, '', 'in 1053'],
    [String.raw`(?<=\1(a|b))c`, '', 'abc bbc'],
    [String.raw`(?<=^(?:(a)|(b))*?)c`, '', 'abbc'],
    [String.raw`(?=(?:(a)|b)*)(\w\1)`, '', 'bba'],
    [String.raw`(\w)\1\b`, 'iu', 's sS. sſ'],
    [String.raw`(a?){3,}?b|(?:(a)|(?:))+`, '', 'aa'],
  ])('on /%s/%s', (pattern, flags, text) => {
    expect(ours(pattern, flags, text)).toEqual(native(pattern, flags, text))
  })

  const ATOMS = ['a', 'b', '.', '[ab]', '[^a]', '\\w', '^', '$', '\\b', '\\B', '\\s', '\\1', '\\2', '\\3']
  const GROUPS = ['(', '(', '(', '(?:', '(?=', '(?!', '(?<=', '(?<!']
  const REPEATS = ['', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{0,2}', '{2,}', '{3}?', '{1,3}?', '{0}']
  const { pattern } = fc.letrec<{ pattern: string; term: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      tie('term'),
      fc.array(tie('term'), { maxLength: 4 }).map((terms) => terms.join('')),
      fc.tuple(tie('pattern'), tie('pattern')).map((options) => options.join('|')),
    ),
    term: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.constantFrom(...ATOMS),
      fc.tuple(fc.constantFrom('a', '.', '[ab]', '\\1'), fc.constantFrom(...REPEATS)).map((parts) => parts.join('')),
      fc
        .tuple(fc.constantFrom(...GROUPS), tie('pattern'), fc.constantFrom(...REPEATS))
        .map(([open, inner, repeat]) => `${open}${inner})${/[=!]/.test(open) ? '' : repeat}`),
    ),
  }))
  /** A reference to a group that does not exist would be an octal escape or an error. */
  const source = pattern.map((drawn) => {
    const groups = drawn.match(/\((?!\?)/g)?.length ?? 0
    return drawn.replace(/\\(\d)/g, (reference, index) => (Number(index) <= groups ? reference : 'b'))
  })

  test('on random patterns and texts', () => {
    let certain = 0
    const letters = fc.array(fc.constantFrom('a', 'b', 'A', ' ', '\n'), { maxLength: 8 })
    const flags = fc.subarray(['i', 'm', 's', 'u'])
    fc.assert(
      fc.property(source, flags, letters, (drawn, some, text) => {
        const outcome = ours(drawn, some.join(''), text.join(''))
        if ((outcome as { type?: string }).type === 'gaveUp') return
        certain++
        expect(outcome).toEqual(native(drawn, some.join(''), text.join('')))
      }),
      { numRuns: 5000 },
    )
    expect(certain).toBeGreaterThan(4500)
  })
})

describe('always comes back', () => {
  test.each([
    ['(a+)+$'],
    ['(a|a)*$'],
    ['(.*)*x$'],
    ['a*a*a*a*a*a*$'],
    ['(?:a?){30}a{30}c'],
    ['(a*)\\1b'],
    ['((?:){999}){999}'],
    ['(?<=(a*)*)!!'],
  ])('on /%s/', (evil) => {
    const started = performance.now()
    expect(ours(evil, '', `${'a'.repeat(5000)}!`)).toEqual({ type: 'gaveUp' })
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('with an answer on long texts that plain patterns match', () => {
    const long = `${'word '.repeat(5000)}<answer>7</answer>`
    expect(ours('<answer>(\\d+)</answer>', '', long)).toMatchObject({ type: 'match', groups: ['7'] })
    expect(ours('^[^]*<answer>', '', long)).toMatchObject({ type: 'match' })
  })

  test.each([
    ['^(?:ab)*$', 'ab'.repeat(10_000)],
    ['^(?:(\\w+)\\s)*$', 'word '.repeat(4000)],
    ['^(?:<p>.*?</p>)+?$', '<p>ab</p>'.repeat(2500)],
    ['^(?:(a)|(?=b)(b|x))*(?<!a)$', 'ab'.repeat(5000)],
  ])('with the native answer on many harmless rounds of /%s/', (pattern, text) => {
    expect(ours(pattern, '', text)).toEqual(native(pattern, '', text))
  })
})

/** Runs `task` from so deep that some two thousand plain calls more would overflow the stack. */
function withLittleStack<T>(task: () => T): T {
  const fits = (calls: number): boolean => calls === 0 || fits(calls - 1)
  try {
    fits(2000)
  } catch {
    return task()
  }
  return withLittleStack(task)
}

describe('needs no stack', () => {
  test.each([
    ['(a|a)*$', `${'a'.repeat(5000)}!`, 'gaveUp'],
    ['^(?:ab)*$', 'ab'.repeat(900), 'match'],
    ['^(?:(a)|(b|cd))*?$', 'acd'.repeat(450), 'match'],
    ['$(?<=^(?:ab)*)', 'ab'.repeat(900), 'match'],
  ])('from deep calls on /%s/', (pattern, text, type) => {
    const regex = compileRegex(pattern, '')
    expect(withLittleStack(() => regex.ok && regex.value.match(text))).toMatchObject({ type })
  })
})

test('a pattern that is broken or not supported is refused with the reason', () => {
  expect(compileRegex('(', '')).toEqual({ ok: false, error: 'Unterminated group' })
  expect(compileRegex('a', 'q').ok).toBe(false)
  expect(compileRegex('a', 'v')).toEqual({ ok: false, error: 'the flag v is not supported, use u' })
  expect(compileRegex('a{1,20000}', '').ok).toBe(false)
  const nested = (depth: number): string => '('.repeat(depth) + ')'.repeat(depth)
  expect(compileRegex(nested(300).repeat(2), '').ok).toBe(true)
  expect(compileRegex(nested(1000), '')).toEqual({ ok: false, error: 'groups nest more than 300 deep' })
})

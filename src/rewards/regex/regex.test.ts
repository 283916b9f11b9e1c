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
  ])('on /%s/%s', (pattern, flags, text) => {
    expect(ours(pattern, flags, text)).toEqual(native(pattern, flags, text))
  })

  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '^', '$', '\\b', '(?=a)', '(?!b)', '(?<=a)', '\\s')
  const { pattern } = fc.letrec<{ pattern: string; term: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      tie('term'),
      fc.array(tie('term'), { minLength: 1, maxLength: 3 }).map((terms) => terms.join('')),
      fc.tuple(tie('pattern'), tie('pattern')).map((options) => options.join('|')),
    ),
    term: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      atom,
      fc
        .tuple(
          tie('pattern'),
          fc.constantFrom('(', '(?:'),
          fc.constantFrom('', '*', '+', '?', '*?', '+?', '{2}', '{1,2}'),
        )
        .map(([inner, open, quantifier]) => `${open}${inner})${quantifier}`),
    ),
  }))

  test('on random patterns and texts', () => {
    let certain = 0
    fc.assert(
      fc.property(
        pattern,
        fc.constantFrom('', 'i', 'm', 's', 'u'),
        fc.array(fc.constantFrom('a', 'b', 'A', ' ', '\n'), { maxLength: 8 }),
        (source, flags, letters) => {
          const outcome = ours(source, flags, letters.join(''))
          if ((outcome as { type?: string }).type === 'gaveUp') return
          certain++
          expect(outcome).toEqual(native(source, flags, letters.join('')))
        },
      ),
      { numRuns: 5000 },
    )
    expect(certain).toBeGreaterThan(4500)
  })
})

describe('always comes back', () => {
  test.each([['(a+)+$'], ['(a|a)*$'], ['(.*)*x$'], ['a*a*a*a*a*a*$'], ['(?:a?){30}a{30}c']])('on /%s/', (evil) => {
    const started = performance.now()
    expect(ours(evil, '', `${'a'.repeat(5000)}!`)).toEqual({ type: 'gaveUp' })
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('with an answer on long texts that plain patterns match', () => {
    const long = `${'word '.repeat(5000)}<answer>7</answer>`
    expect(ours('<answer>(\\d+)</answer>', '', long)).toMatchObject({ type: 'match', groups: ['7'] })
    expect(ours('^[^]*<answer>', '', long)).toMatchObject({ type: 'match' })
  })
})

test('a pattern that is broken or not supported is refused with the reason', () => {
  expect(compileRegex('(', '')).toEqual({ ok: false, error: 'Unterminated group' })
  expect(compileRegex('a', 'q').ok).toBe(false)
  expect(compileRegex('a', 'v')).toEqual({ ok: false, error: 'the flag v is not supported, use u' })
  expect(compileRegex('a{1,20000}', '').ok).toBe(false)
})

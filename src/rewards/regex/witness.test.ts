import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capacityOf } from './capacity.ts'
import { compileRegex } from './index.ts'
import { fill, formsOf, textsOf } from './witness.ts'
import type { Form } from './witness.ts'

/** The first form that the pattern matches, as a grader would take it. */
function formOf(pattern: string, flags: string, compare: boolean, answer: string): Form | undefined {
  const regex = compileRegex(pattern, flags)
  if (!regex.ok) throw new Error(regex.error)
  return formsOf(pattern, flags, compare).find((form) => {
    const found = regex.value.match(fill(form, answer))
    if (found.type !== 'match') return false
    if (compare) return found.groups[0]?.trim() === answer
    return form.group === null || found.groups[form.group - 1] === answer
  })
}

function written(pattern: string, flags: string, compare: boolean, answer: string): string | null {
  const form = formOf(pattern, flags, compare, answer)
  return form ? fill(form, answer) : null
}

describe('an answer in the form of a pattern', () => {
  test.each([
    ['<answer>(\\d+)</answer>', '', '7', '<answer>7</answer>'],
    ['^<think>.+?</think>\\s*<answer>(.*?)</answer>$', 's', '7', '<think>…</think><answer>7</answer>'],
    ['\\\\boxed\\{([^}]*)\\}', '', '3/4', '\\boxed{3/4}'],
    ['^Answer: (.+)$', 'm', 'Paris', 'Answer: Paris'],
    ['####\\s*\\d+|is (\\d+)', '', '7', 'is 7'],
    ['<(\\w+)> and </\\1>', '', 'b', '<b> and </b>'],
    ['(?<=\\$)(\\d+)', '', '15', '$15'],
    ['^(?=.*<answer>)(?=.*</answer>).*<answer>(.*)</answer>', '', '7', '<answer></answer><answer>7</answer>'],
    ['(?:(\\d+), ){3}', '', '7', '1, 1, 7, '],
    ['^答案：([0-9]+)$', 'u', '7', '答案：7'],
    ['^\\u0041: (\\p{Lu}+)$', 'u', 'X', 'A: X'],
    ['\\b(\\d+)\\b apples', '', '7', '7 apples'],
  ])('fills the first brackets of /%s/%s', (pattern, flags, answer, expected) => {
    expect(written(pattern, flags, true, answer)).toBe(expected)
  })

  test.each([
    ['^<think>.*</think><answer>.*</answer>$', '7', '<think></think><answer>7</answer>'],
    ['^Answer: [A-Z][a-z]+$', 'Paris', 'Answer: Paris'],
    ['^Time: \\d+:\\d+$', '12:30', 'Time: 12:30'],
    ['^[^<]*<b>\\w+</b>[^<]*$', 'a b', '<b>1</b>a b'],
    ['^<answer>(-?\\d+(?:\\.\\d+)?)</answer>$', '-1.5', '<answer>-1.5</answer>'],
    ['<think>[^<]+</think>$', 'a < b', 'a < b <think>…</think>'],
    ['^(?:(?!bad).)*done$', 'x y', 'x ydone'],
    ['^(Answer|Result): .*', '7', 'Answer: 7'],
  ])('finds a place in /%s/', (pattern, answer, expected) => {
    expect(written(pattern, '', false, answer)).toBe(expected)
  })

  test.each([
    ['<answer>(\\d+)</answer>', true, 'Paris'],
    ['^(yes|no)$', true, 'Paris'],
    ['^\\w+$', false, 'a-b'],
    ['a$b(.*)', true, 'x'],
    ['^\\d{3}$', false, '42'],
  ])('there is none for /%s/ where it cannot hold it', (pattern, compare, answer) => {
    expect(formOf(pattern, '', compare, answer)).toBeUndefined()
  })

  test('tells what cannot be otherwise', () => {
    const form = formOf('^<think>.+</think>\\s<answer>(\\w+)</answer>$', '', true, 'x')!
    expect(form.frame).toEqual(['<think>', '</think>', '<answer>', '</answer>'])
  })

  const literal = fc.constantFrom('Answer: ', '<answer>', '#### ', '\\[', 'é', '\\*\\*', '\\n')
  const filler = fc.constantFrom(
    '',
    '.*',
    '.+?',
    '\\s*',
    '\\s+',
    '[^<]{2,}',
    '\\d+',
    '(?:so|thus) ',
    '\\w+\\b\\W',
    '(?!x)',
    '[a-c]+',
  )
  const holder = fc.constantFrom(
    ['(.*?)', 'x y'],
    ['(.+)', 'Paris'],
    ['(\\d+)', '42'],
    ['([^<\\n]+)', 'a, b'],
    ['(-?\\d+(?:\\.\\d+)?)', '-1.5'],
    ['((?:yes|no))', 'no'],
    ['(\\w+(?: \\w+)*)', 'New York'],
    ['([A-Z][a-z]+)', 'Rome'],
  )
  const ends = fc.constantFrom('</answer>$', ' end', '!$', '</answer>', '(?:\\n|$)')

  test('is found for patterns as people write them, and paid by the pattern itself', () => {
    let found = 0
    let tried = 0
    fc.assert(
      fc.property(
        fc.boolean(),
        filler,
        literal,
        filler,
        literal,
        holder,
        ends,
        (anchored, a, b, c, d, [group, answer], end) => {
          const pattern = `${anchored ? '^' : ''}${a}${b}${c}${d}${group}${end}`
          for (const compare of [true, false]) {
            tried++
            const text = written(pattern, 's', compare, answer!)
            if (text === null) continue
            found++
            expect(text).toContain(answer)
            const native = new RegExp(pattern, 's').exec(text)!
            expect(native).not.toBeNull()
            if (compare) expect(native[1]!.trim()).toBe(answer)
          }
        },
      ),
      { numRuns: 300 },
    )
    expect(found).toBe(tried)
  })

  test('stays small, whatever the pattern', () => {
    for (const pattern of [
      '(a{9999}){9999}',
      '(?:(.)|b)'.repeat(150),
      `${'('.repeat(300)}x${')'.repeat(300)}`,
      'a?'.repeat(900),
    ]) {
      const forms = formsOf(pattern, '', false)
      expect(forms.length).toBeLessThanOrEqual(64)
      for (const form of forms) expect(fill(form, '').length).toBeLessThanOrEqual(4_000)
    }
  })
})

test('texts without an answer', () => {
  expect(textsOf('^a{3}[^b]$', '')[0]).toBe('aaa…')
  expect(textsOf('a{9999}', '')).toEqual([])
})

test.each([
  ['<answer>(\\d+)</answer>', true, 'Paris', { missing: 'P', only: 'digits' }],
  ['(-?[0-9.]+)', true, '1,000', { missing: ',', only: 'digits, “-” and “.”' }],
  ['([a-z]+)', true, 'Paris', { missing: 'P', only: 'small letters' }],
  ['(yes|no)', true, 'Paris', { missing: 'P', only: null }],
  ['x (\\w+)', true, 'a', { missing: null, only: 'letters, digits and “_”' }],
  ['^\\w+$', false, 'a-b', { missing: '-', only: 'letters, digits and “_”' }],
  ['(.)\\1', false, '1', null],
])('what /%s/ holds', (pattern, compare, text, capacity) => {
  expect(capacityOf(pattern, '', compare, text)).toEqual(capacity)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NodeId } from '../base/ids.ts'
import type { GraderSpec, RewardSpec } from '../ir/pipelineConfig.ts'
import { checkRewards, gaveUpDiagnostic } from './checkRewards.ts'
import { createGrader } from './grade.ts'
import type { Grade, Graded } from './grade.ts'
import { finalNumber } from './numeric.ts'

function reward(grader: GraderSpec, weight = 1, node = 'r_1'): RewardSpec {
  return { node: node as NodeId, title: 'Reward', weight, grader }
}

function grade(rewards: readonly RewardSpec[], graded: Partial<Graded>): Grade {
  const grader = createGrader(rewards)
  if (!grader.ok) throw new Error(grader.error[0]!.message)
  return grader.value({ completion: '', answer: null, clean: true, ...graded })
}

const score = (grader: GraderSpec, completion: string, answer: string | null = null, clean = true): number =>
  grade([reward(grader)], { completion, answer, clean }).total

describe('exact', () => {
  const strict = { type: 'exact', caseSensitive: true, stripPunctuation: false } as const
  const loose = { type: 'exact', caseSensitive: false, stripPunctuation: true } as const

  test('compares all but outer whitespace', () => {
    expect(score(strict, ' anana-bay\n', 'anana-bay')).toBe(1)
    expect(score(strict, 'Anana-bay', 'anana-bay')).toBe(0)
    expect(score(strict, 'anana bay', 'anana-bay')).toBe(0)
  })

  test('can ignore case and punctuation', () => {
    expect(score(loose, 'The Cat, sat.', 'the cat  sat')).toBe(1)
    expect(score(loose, 'the cats sat', 'the cat sat')).toBe(0)
  })

  test('equals nothing when the answer was cut off or the row has none', () => {
    expect(score(strict, 'a', 'a', false)).toBe(0)
    expect(score(strict, 'a', null)).toBe(0)
  })
})

describe('numeric', () => {
  test.each([
    ['It is 3, no: 4.', 4],
    ['\\boxed{7} and then 9', 7],
    ['\\boxed{\\frac{3}{4}}', 0.75],
    ['-\\frac{1}{2}', -0.5],
    ['#### 1,234,567.5', 1234567.5],
    ['x = -3', -3],
    ['5-3', 3],
    ['(2)-1', 1],
    ['\u22127', -7],
    ['1.5e3', 1500],
    ['.5', 0.5],
    ['3/4', 0.75],
    ['1/2/2020', 2020],
    ['1/0', null],
    ['12,34', 34],
    ['none', null],
    ['\\boxed{x}', null],
    ['$20', 20],
  ])('reads %j as %j', (text, number) => {
    expect(finalNumber(text)).toBe(number)
  })

  test('allows the absolute tolerance and no more', () => {
    const grader = { type: 'numeric', tolerance: 0.01 } as const
    expect(score(grader, '3.14', '#### 3.145')).toBe(1)
    expect(score(grader, '3.13', '3.145')).toBe(0)
    expect(score(grader, 'pi', '3.145')).toBe(0)
  })

  test('reads back any number that is written plainly', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(finalNumber(`so 1 + 1 = ${x}`)).toBe(x === 0 ? 0 + x : x)
      }),
    )
  })
})

describe('regex', () => {
  const pattern = { type: 'regex', pattern: '<a>(.*?)</a>', flags: 's', compareGroup: true } as const

  test('gives 1 for a match, or for a first group that equals the answer', () => {
    expect(score({ ...pattern, compareGroup: false }, 'x <a>5</a>')).toBe(1)
    expect(score(pattern, 'x <a> 5 </a>', '5')).toBe(1)
    expect(score(pattern, 'x <a>6</a>', '5')).toBe(0)
    expect(score(pattern, '5', '5')).toBe(0)
  })

  test('names the node of a pattern that gave up', () => {
    const evil = reward({ type: 'regex', pattern: '(a+)+$', flags: '', compareGroup: false })
    expect(grade([evil], { completion: `${'a'.repeat(60)}!` })).toEqual({
      total: 0,
      components: { r_1: 0 },
      gaveUp: ['r_1'],
    })
    expect(gaveUpDiagnostic(evil, 3)).toMatchObject({ code: 'RW9003', severity: 'warning', data: { count: 3 } })
  })
})

describe('length', () => {
  const grader = { type: 'length', min: 2, max: 4, falloff: 2, unit: 'characters' } as const

  test('is 1 inside the bounds and falls linearly outside', () => {
    expect(['', 'a', 'ab', 'abcd', '🙂🙂🙂🙂🙂', 'abcdef'].map((text) => score(grader, text))).toEqual([
      0, 0.5, 1, 1, 0.5, 0,
    ])
  })

  test('falls at once without a falloff, and counts words', () => {
    expect(score({ ...grader, falloff: 0 }, 'a')).toBe(0)
    expect(score({ ...grader, unit: 'words' }, ' two words ')).toBe(1)
  })
})

test('the total is the weighted sum, the components are not weighted', () => {
  const rewards = [
    reward({ type: 'exact', caseSensitive: true, stripPunctuation: false }, 2, 'r_1'),
    reward({ type: 'length', min: 0, max: 1, falloff: 4, unit: 'characters' }, -0.5, 'r_2'),
  ]
  expect(grade(rewards, { completion: 'abc', answer: 'abc' })).toEqual({
    total: 1.75,
    components: { r_1: 1, r_2: 0.5 },
    gaveUp: [],
  })
})

describe('what cannot grade is said before sampling', () => {
  const codes = (grader: GraderSpec, answers: (string | null)[]): string[] =>
    checkRewards([reward(grader)], answers).map((d) => `${d.code} ${d.severity}`)

  test('broken patterns, patterns without a group, impossible lengths', () => {
    const regex = { type: 'regex', pattern: '(', flags: '', compareGroup: false } as const
    expect(codes(regex, [])).toEqual(['RW9001 error'])
    expect(codes({ ...regex, pattern: 'a', compareGroup: true }, [])).toEqual(['RW9002 error'])
    expect(codes({ type: 'length', min: 3, max: 2, falloff: 0, unit: 'words' }, [])).toEqual(['RW9006 error'])
  })

  test('rows without answers, or with answers that are no numbers', () => {
    const exact = { type: 'exact', caseSensitive: false, stripPunctuation: false } as const
    expect(codes(exact, [null, null])).toEqual(['RW9004 error'])
    expect(codes(exact, [null, 'a'])).toEqual([])
    expect(codes({ type: 'numeric', tolerance: 0 }, ['x', 'y'])).toEqual(['RW9005 error'])
    expect(codes({ type: 'numeric', tolerance: 0 }, ['x', '1'])).toEqual(['RW9005 warning'])
  })
})

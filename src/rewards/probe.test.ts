import { describe, expect, test } from 'vitest'
import type { NodeId } from '../base/ids.ts'
import type { GraderSpec, RewardSpec } from '../ir/pipelineConfig.ts'
import { probeRewards } from './probe.ts'

const reward = (grader: GraderSpec): RewardSpec => ({ node: 'r' as NodeId, title: 'R', weight: 1, grader })
const EXACT: GraderSpec = { type: 'exact', caseSensitive: false, stripPunctuation: false }
const row = (prompt: string, answer: string, completion = answer) => ({ prompt, completion, answer })
const sums = Array.from({ length: 200 }, (_, i) => row(`${i} + ${i}?`, String(2 * i)))

describe('the probe of rewards', () => {
  test('gives a sound grader everything for gold and nothing for the rest', () => {
    expect(probeRewards(sums, [reward(EXACT)])).toEqual({
      rows: 64,
      different: 64,
      means: { r: { gold: 1, shuffled: 0, empty: 0, echo: 0, truncated: 0 } },
    })
  })

  test('finds a grader that no wrong answer displeases', () => {
    const wide = probeRewards(sums, [reward({ type: 'numeric', tolerance: 1e6 })])!.means['r']!
    expect(wide.gold).toBe(1)
    expect(wide.shuffled).toBe(1)
    const long = probeRewards(sums, [reward({ type: 'length', min: 0, max: 100, falloff: 0, unit: 'characters' })])!
    expect(long.means['r']).toMatchObject({ empty: 1, echo: 1 })
  })

  test('takes the whole answer of a conversation, and compares with the reference', () => {
    const thought = sums.map(({ prompt, answer }) => row(prompt, answer, `It is ${answer}`))
    expect(probeRewards(thought, [reward(EXACT)])!.means['r']!.gold).toBe(0)
    const pattern = reward({ type: 'regex', pattern: '(\\d+)$', flags: '', compareGroup: true })
    expect(probeRewards(thought, [pattern])!.means['r']!.gold).toBe(1)
  })

  test('tells how often a pattern ran out of steps', () => {
    const evil = reward({ type: 'regex', pattern: '^(a+)+$', flags: '', compareGroup: false })
    const rows = sums.map(({ prompt }, i) => row(prompt, i % 2 === 0 ? `${'a'.repeat(40)}!` : 'a'))
    const { gaveUp } = probeRewards(rows, [evil])!
    // Of five answers for each row, gold and shuffled hold the long ones about half of the time.
    expect(gaveUp!['r']).toBeGreaterThan(0.1)
    expect(gaveUp!['r']).toBeLessThan(0.3)
  })

  test('says that all answers are alike', () => {
    const same = probeRewards(
      sums.map(({ prompt }) => row(prompt, 'yes')),
      [reward(EXACT)],
    )!
    expect([same.different, same.means['r']!.shuffled]).toEqual([1, 1])
  })

  describe('writes right answers in the form that a pattern asks for', () => {
    const tags = reward({ type: 'regex', pattern: '<answer>(\\d+)</answer>', flags: '', compareGroup: true })

    test('when the rows’ own earn nothing, and asks every reward what it gives them', () => {
      const exact = { ...reward(EXACT), node: 'exact' as NodeId }
      const probe = probeRewards(sums, [tags, exact])!
      expect(probe.means['r']).toMatchObject({ gold: 0, shuffled: 0 })
      expect(probe.written).toEqual({
        r: {
          means: { r: { gold: 1, shuffled: 0 }, exact: { gold: 0, shuffled: 0 } },
          example: expect.stringMatching(/^<answer>\d+<\/answer>$/) as string,
          shape: '<answer>…</answer>',
          frame: ['<answer>', '</answer>'],
          shown: 0,
          ownSystem: 0,
        },
      })
      expect(probe.unwritten).toBeUndefined()
    })

    test('tells how many rows show the form themselves', () => {
      const half = sums.map((sum, i) => ({
        ...sum,
        context: i % 2 ? 'Say <answer>X</answer>.' : 'Say it.',
        system: i % 2 === 0,
      }))
      const { shown, ownSystem } = probeRewards(half, [tags])!.written!['r']!
      expect(shown).toBeGreaterThan(0.3)
      expect(shown + ownSystem).toBe(1)
    })

    test('and says which answer cannot be written so, and why', () => {
      const words = ['yes', 'no', 'perhaps'].map((answer) => row('Is it?', answer))
      expect(probeRewards(words, [tags])!.unwritten).toEqual({
        r: { answer: 'yes', matches: '<answer>1</answer>', missing: 'y', only: 'digits', paidWithoutComparing: true },
      })
    })

    test('not where rows have it', () => {
      const tagged = sums.map(({ prompt, answer }) => row(prompt, answer, `<answer>${answer}</answer>`))
      const probe = probeRewards(tagged, [tags])!
      expect([probe.means['r']!.gold, probe.written, probe.unwritten]).toEqual([1, undefined, undefined])
    })

    test('and prefers an answer that stands by itself', () => {
      const number = reward({ type: 'regex', pattern: '^\\d+ .*\\d', flags: '', compareGroup: false })
      const sevens = sums.map(({ prompt }) => row(prompt, '7'))
      expect(probeRewards(sevens, [number])!.written!['r']!.example).toMatch(/^\d 7$/)
    })

    test('as short as it must be where nothing is compared', () => {
      const solved = sums.map(({ prompt, answer }) => row(prompt, `Let me add.\n#### ${answer}`))
      const boxed = reward({ type: 'regex', pattern: '^The answer is -?\\d+\\.$', flags: '', compareGroup: false })
      expect(probeRewards(solved, [boxed])!.written!['r']).toMatchObject({
        means: { r: { gold: 1 } },
        example: expect.stringMatching(/^The answer is \d+\.$/) as string,
      })
    })

    test('in bounded time, also where the pattern is slow', () => {
      const evil = reward({ type: 'regex', pattern: '^(\\w+\\s?)+;$', flags: '', compareGroup: false })
      const rows = sums.map(({ prompt }, i) => row(prompt, `${'word '.repeat(200)}${i}!`))
      const started = performance.now()
      expect(probeRewards(rows, [evil])).not.toBeNull()
      expect(performance.now() - started).toBeLessThan(10_000)
    })
  })

  test('draws out answers that a length finds too short, and measures them', () => {
    const words = reward({ type: 'length', min: 5, max: 9, falloff: 0, unit: 'words' })
    const probe = probeRewards(sums, [words])!
    expect(probe.lengths).toEqual({ r: { shortest: 1, longest: 1 } })
    expect(probe.written!['r']).toMatchObject({ means: { r: { gold: 1, shuffled: 1 } }, shape: null })
    expect(probe.written!['r']!.example).toMatch(/^\d+ and so on and$/)
    const letters = reward({ type: 'length', min: 30, max: 30, falloff: 0, unit: 'characters' })
    expect([...probeRewards(sums, [letters])!.written!['r']!.example]).toHaveLength(30)
    const brief = reward({ type: 'length', min: 0, max: 4, falloff: 2, unit: 'characters' })
    const long = sums.map(({ prompt, answer }) => row(prompt, `it is ${answer}`))
    const { written, unwritten, lengths } = probeRewards(long, [brief])!
    expect(written).toBeUndefined()
    expect(unwritten!['r']!.answer).toMatch(/^it is/)
    expect(lengths!['r']!.longest).toBe(9)
  })

  test('repeats itself, and has nothing to say of nothing', () => {
    expect(probeRewards(sums, [reward(EXACT)])).toEqual(probeRewards(sums, [reward(EXACT)]))
    expect(probeRewards([], [reward(EXACT)])).toBeNull()
    expect(probeRewards(sums, [])).toBeNull()
    expect(probeRewards(sums, [reward({ type: 'regex', pattern: '(', flags: '', compareGroup: false })])).toBeNull()
  })
})

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

  test('repeats itself, and has nothing to say of nothing', () => {
    expect(probeRewards(sums, [reward(EXACT)])).toEqual(probeRewards(sums, [reward(EXACT)]))
    expect(probeRewards([], [reward(EXACT)])).toBeNull()
    expect(probeRewards(sums, [])).toBeNull()
    expect(probeRewards(sums, [reward({ type: 'regex', pattern: '(', flags: '', compareGroup: false })])).toBeNull()
  })
})

import { describe, expect, test } from 'vitest'
import { createDefaultRegistry } from '#nodes/index.ts'
import { factsOf } from '../../../tests/support/facts.ts'
import { expectGolden } from '../../../tests/support/golden.ts'
import type { Params } from '../../graph/model.ts'
import type { ProbedAnswer, RewardProbe } from '../../ir/rewardProbe.ts'
import { probeKey } from '../../ir/rewardProbe.ts'
import { draw } from '../../kinds/drawing.ts'
import { compile } from '../compile.ts'

const registry = createDefaultRegistry()
const facts = factsOf({ 'pig-latin-prompts': { rows: 200 } })

function doc(reward: Params) {
  return draw(registry)
    .node('model', 'model')
    .node('prompts', 'dataset', { source: { type: 'builtin', name: 'pig-latin-prompts' } })
    .node('reward', 'reward', reward, { title: 'Reward' })
    .node('rl', 'train-rl')
    .wire('model.policy', 'rl.policy')
    .wire('prompts.rows', 'rl.dataset')
    .wire('reward.reward', 'rl.reward').doc
}

/** Compiles, answers what it wants to know of the rewards, and compiles again. */
function probed(
  reward: Params,
  means: Partial<Record<ProbedAnswer, number>>,
  different = 64,
  gaveUp = 0,
  more: Pick<RewardProbe, 'written' | 'unwritten'> = {},
) {
  const drawing = doc(reward)
  const { probes } = compile(drawing, registry, facts)
  const all = { gold: 1, shuffled: 0, empty: 0, echo: 0, truncated: 0, ...means }
  const found = Object.fromEntries(
    probes.map((p) => [
      probeKey(p),
      { rows: 64, different, means: { reward: all }, gaveUp: { reward: gaveUp }, ...more },
    ]),
  )
  return compile(drawing, registry, { ...facts, probes: found })
}

const EXACT = { grader: 'exact' }
const PATTERN = { grader: 'regex', pattern: '^Answer: .+$' }

describe('the probe', () => {
  test('is asked for with the rewards of a stage, and silent about sound ones', () => {
    expect(compile(doc(EXACT), registry, facts).probes).toMatchObject([{ rewards: [{ node: 'reward' }] }])
    expect(probed(EXACT, {})).toMatchObject({ diagnostics: [], plan: { stages: [{ id: 'rl' }] } })
  })

  test.each([
    ['CM3801', 'gold earns nothing', EXACT, { gold: 0 }, 64, true],
    ['CM3803', 'shuffled earns as much', { grader: 'numeric', tolerance: 1e6 }, { shuffled: 1 }, 64, true],
    ['CM3803', 'one answer for all', EXACT, { shuffled: 1 }, 1, true],
    ['CM3804', 'silence is paid', { grader: 'numeric' }, { empty: 0.6 }, 64, false],
    ['CM3805', 'an echo is paid', { grader: 'numeric' }, { echo: 0.9 }, 64, false],
  ] as const)('%s: %s', (code, name, reward, means, different, blocks) => {
    const { plan, diagnostics } = probed(reward, means, different)
    const found = diagnostics.filter((d) => d.code === code)
    expect(found).toHaveLength(1)
    expect(found[0]!.at).toEqual({ on: 'node', node: 'reward' })
    expect(plan === null).toBe(blocks)
    expectGolden(`tests/golden/diagnostics/${code} ${name}.json`, found)
  })

  test('of a form that no row shows warns only: the prompt may ask for it', () => {
    const written = {
      means: { reward: { gold: 1, shuffled: 1 } },
      example: 'Answer: ay',
      shape: 'Answer: …',
      frame: ['Answer:'],
      shown: 0,
      ownSystem: 0,
    }
    const { plan, diagnostics } = probed(PATTERN, { gold: 0 }, 64, 0, { written: { reward: written } })
    const found = diagnostics.filter((d) => d.code === 'CM3802')
    expect(found).toMatchObject([{ severity: 'warning', at: { node: 'prompts' }, related: [{ field: 'pattern' }] }])
    expect(plan).not.toBeNull()
    expectGolden('tests/golden/diagnostics/CM3802 a form that no row shows.json', found)
    const asking = { written: { reward: { ...written, shown: 0.5 } } }
    expect(probed(PATTERN, { gold: 0 }, 64, 0, asking).diagnostics.map((d) => d.code)).not.toContain('CM3802')
  })

  test('tells of right answers that a comparison does not accept', () => {
    const { plan, diagnostics } = probed({ grader: 'numeric' }, { gold: 0.7 })
    const found = diagnostics.filter((d) => d.code === 'CM3807')
    expect(found).toMatchObject([{ severity: 'warning', at: { on: 'node', node: 'reward' } }])
    expect(plan).not.toBeNull()
    expectGolden('tests/golden/diagnostics/CM3807 a third of the answers hold no number.json', found)
    expect(probed({ grader: 'numeric' }, { gold: 0.96 }).diagnostics).toEqual([])
    expect(probed({ grader: 'length' }, { gold: 0.7 }).diagnostics.map((d) => d.code)).not.toContain('CM3807')
  })

  test('tells of a pattern that runs out of steps on more than one answer in a hundred', () => {
    const { diagnostics } = probed(PATTERN, {}, 64, 0.02)
    const found = diagnostics.filter((d) => d.code === 'CM3806')
    expect(found).toMatchObject([{ severity: 'warning', at: { field: 'pattern' } }])
    expectGolden('tests/golden/diagnostics/CM3806 a pattern of nested repeats.json', found)
    expect(probed(PATTERN, {}, 64, 0.01).diagnostics.map((d) => d.code)).not.toContain('CM3806')
  })
})

import { expect, test } from 'vitest'
import { planLines } from '#cli/planLines.ts'
import { foresee } from '#src/ir/foresee.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import { planCost } from '#src/ir/planCost.ts'
import { decideReuse } from '#src/ir/reuse.ts'
import type { EvaluationResult } from '#src/ir/runEvent.ts'
import { evaluated, planned, sft, small } from './smallRuns.ts'

function gated(): Plan {
  const first = evaluated(sft(small(), 'sft', 'model.policy'), 'eval', 'sft.trained')
    .node('keep', 'checkpoint', { name: 'kept', every: 1 })
    .wire('sft.trained', 'keep.policy')
    .node('gate', 'gate', { threshold: 0.5 }, { title: 'Good?' })
    .wire('sft.trained', 'gate.policy')
    .wire('eval.scores', 'gate.scores')
  return planned(sft(sft(first, 'on', 'gate.passed'), 'other', 'gate.failed', { learningRate: 1e-3 }).doc)
}

function lines(plan: Plan, score: number | null): readonly string[] {
  const results: EvaluationResult[] | undefined =
    score === null ? undefined : [{ label: 'SFT', score, n: 8, low: 0, high: 1 }]
  const foreseen = foresee(plan, ({ id }) => (id === 'eval' ? results : undefined))
  return planLines({ plan, reuse: decideReuse(plan, [], 'd'), cost: planCost(plan), foreseen })
}

test('a plan names its saves, its gates, and what hangs on them', () => {
  const told = lines(gated(), null)
  expect(told).toContainEqual(expect.stringMatching(/^\+ sft +SFT +\(sft\)$/))
  expect(told).toContainEqual(expect.stringContaining('3 saves (kept every step, final)'))
  expect(told).toContainEqual(expect.stringContaining('1 save (final)'))
  expect(told).toContain('    only if “Good?” passes')
  expect(told).toContain('4 to run, 0 to run again, 0 taken over.')
  expect(told.at(-1)).toMatch(/^Cost: (free|at least)/)
})

test('a gate that is known to be closed skips what is behind it', () => {
  const told = lines(gated(), 0.7)
  expect(told).toContainEqual(expect.stringMatching(/^\? gate +Good\?: .+ → passed$/))
  expect(told).toContainEqual(expect.stringMatching(/^- sft +SFT +\(other\)$/))
  expect(told).toContain('    skipped: “Good?” passed.')
  expect(told).toContain('3 to run, 0 to run again, 0 taken over, 1 skipped.')
})

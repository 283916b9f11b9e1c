import { expect, test } from 'vitest'
import type { RunId } from '#src/base/ids.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import { PRICES } from '#src/ir/prices.ts'
import type { EvaluationResult } from '#src/ir/runEvent.ts'
import type { PlanReview } from '#src/services/runService.ts'
import { planTable } from '#src/store/planTable.ts'
import type { PlanTable } from '#src/store/planTable.ts'
import { evaluated, planned, sft, small } from './smallRuns.ts'

/** A gate between an evaluated trainer and two branches. */
function gated(): Plan {
  const first = evaluated(sft(small(), 'sft', 'model.policy'), 'eval', 'sft.trained')
    .node('gate', 'gate', { threshold: 0.5 })
    .wire('sft.trained', 'gate.policy')
    .wire('eval.scores', 'gate.scores')
  return planned(sft(sft(first, 'on', 'gate.passed'), 'other', 'gate.failed', { learningRate: 1e-3 }).doc)
}

/** A review that takes over the stages named, with the score of the evaluation. */
function reviewed(plan: Plan, taken: readonly string[], score: number): PlanReview {
  const from = 'r_1' as RunId
  const numbers = { run: from, endedAt: 0, seconds: 1, steps: 2, rows: 8, first: null, last: null, estimate: null }
  const stages = plan.stages.map(({ id, title }) => {
    const evaluations: EvaluationResult[] = id === 'eval' ? [{ label: 'SFT', score, n: 8, low: 0, high: 1 }] : []
    const before = { ...numbers, key: title, evaluations }
    return taken.includes(id)
      ? { stage: id, from, reasons: [], before }
      : { stage: id, from: null, reasons: [], before: null }
  })
  return { stages, last: null, paces: [], verified: true, problem: null }
}

const options = { prices: PRICES, fresh: false }
const states = (table: PlanTable): object => Object.fromEntries(table.rows.map(({ stage, state }) => [stage.id, state]))

test('everything runs while nothing is known, each branch on its condition', () => {
  const table = planTable(gated(), null, options)
  expect(states(table)).toEqual({ sft: 'runs', eval: 'runs', on: 'runs', other: 'runs' })
  expect(table.rows.map(({ note }) => note)).toEqual([
    null,
    null,
    expect.stringMatching(/^if “.+” passes$/),
    expect.stringMatching(/^if “.+” does not pass$/),
  ])
  expect(table.decisions['eval']).toMatchObject([{ decision: { id: 'gate' }, known: null }])
  expect(table.total).toMatchObject({ stages: 4, open: 2 })
})

test('what hangs on a gate is in the most that is told, not in the least', () => {
  const plan = gated()
  const spent = { trained: 10, prefilled: 0, cached: 0, sampled: 0 }
  const estimates = Object.fromEntries(
    plan.stages.map(({ id }) => [id, { ...plan.estimates[id]!, tokens: { low: spent, high: spent } }]),
  )
  const { tokens, steps } = planTable({ ...plan, estimates }, null, options).total
  expect(steps.high).toBe(3 * steps.low)
  expect([tokens!.low.trained, tokens!.high.trained]).toEqual([20, 40])
})

test('a gate whose evaluation has run before is decided, and the closed branch costs nothing', () => {
  const plan = gated()
  const passed = planTable(plan, reviewed(plan, ['sft', 'eval'], 0.7), options)
  expect(states(passed)).toEqual({ sft: 'reused', eval: 'reused', on: 'runs', other: 'skipped' })
  expect(passed.decisions['eval']).toMatchObject([{ known: { outcome: 'passed', value: 0.7 } }])
  expect(passed.total).toMatchObject({ stages: 1, open: 0 })
  const on = plan.estimates['on']!.optimizerSteps
  expect(passed.total.steps).toEqual({ low: on, high: on })
  expect(passed.rows.find(({ stage }) => stage.id === 'other')).toMatchObject({ cost: null, note: expect.any(String) })
  const failed = planTable(plan, reviewed(plan, ['sft', 'eval'], 0.2), options)
  expect(states(failed)).toMatchObject({ on: 'skipped', other: 'runs' })
})

test('an evaluation that runs again leaves its gate open', () => {
  const plan = gated()
  expect(states(planTable(plan, reviewed(plan, ['sft'], 0.7), options))).toMatchObject({ on: 'runs', other: 'runs' })
})

test('run everything again: nothing is taken over, no reasons are told', () => {
  const plan = gated()
  const table = planTable(plan, reviewed(plan, ['sft', 'eval', 'on'], 0.7), { ...options, fresh: true })
  expect(states(table)).toEqual({ sft: 'runs', eval: 'runs', on: 'runs', other: 'runs' })
  expect(table.rows.every(({ reasons }) => reasons.length === 0)).toBe(true)
  expect(table.total.stages).toBe(4)
})

test('a model without a price leaves the cost open, a lost pin is no run', () => {
  const plan = gated()
  const table = planTable(plan, reviewed(plan, [], 0), options)
  expect(table.total.cost.complete).toBe(false)
  const pinned: Plan = { ...plan, stages: plan.stages.map((s) => (s.id === 'sft' ? { ...s, pin: 'f'.repeat(64) } : s)) }
  expect(states(planTable(pinned, reviewed(pinned, [], 0), options))).toMatchObject({ sft: 'pin-lost' })
  for (const fresh of [false, true]) {
    const kept = planTable(pinned, reviewed(pinned, ['sft', 'eval'], 0), { ...options, fresh })
    expect(states(kept)).toMatchObject({ sft: 'pinned', eval: fresh ? 'runs' : 'reused' })
  }
})

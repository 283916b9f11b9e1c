/** What a plan says of its time comes from runs that really took it. */
import { expect, test } from 'vitest'
import { pacesOf } from '#src/ir/paces.ts'
import { planCost } from '#src/ir/planCost.ts'
import { evaluated, phases, planned, sft, small } from './smallRuns.ts'

const drawing = (epochs: number) =>
  evaluated(sft(small(), 'sft', 'model.policy', { epochs }), 'eval', 'sft.trained').doc

test('an unknown pace stays unknown, and a run makes it known for longer plans of the same kind', async () => {
  const plan = planned(drawing(1))
  expect(planCost(plan).stages.map((stage) => stage.seconds)).toEqual([null, null])
  expect(planCost(plan).seconds).toBeNull()
  const { run } = await phases(drawing(1))
  const state = run.state()
  const took = plan.stages.map(({ id }) => {
    const stage = state.stages[id]!
    return stage.phase === 'finished' ? (stage.endedAt - stage.startedAt) / 1000 : Number.NaN
  })
  const paces = pacesOf([state])
  const again = planCost(plan, undefined, paces)
  for (const [i, { seconds }] of again.stages.entries()) {
    expect(seconds!.low).toBeCloseTo(took[i]!, 6)
    expect(seconds!.high).toBeCloseTo(took[i]!, 6)
  }
  const longer = planCost(planned(drawing(3)), undefined, paces)
  expect(longer.stages[0]!.seconds!.high).toBeCloseTo(3 * took[0]!, 6)
  expect(longer.stages[1]!.seconds!.high).toBeCloseTo(took[1]!, 6)
})

test('a stage that was taken over tells nothing of its pace', async () => {
  const first = await phases(drawing(1))
  const second = await phases(drawing(1), { earlier: [first.run.state()] })
  expect(pacesOf([second.run.state()]).size).toBe(0)
})

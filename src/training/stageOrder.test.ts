import { expect, test } from 'vitest'
import type { StageId } from '../base/ids.ts'
import { readyStages } from './stageOrder.ts'
import { evaluateStage, rlStage, sftStage } from './testing/plans.ts'

test('a stage is ready when its parents finished, and never when one of them failed', () => {
  const a = sftStage()
  const b = rlStage({ dependsOn: [a.id] })
  const c = evaluateStage()
  const ready = (finished: StageId[], failed: StageId[] = []): string[] =>
    readyStages([a, b, c], new Set(finished), new Set(failed)).map((stage) => stage.id)
  expect(ready([])).toEqual([a.id, c.id])
  expect(ready([a.id])).toEqual([b.id, c.id])
  expect(ready([c.id], [a.id])).toEqual([])
})

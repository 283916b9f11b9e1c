import { expect, test } from 'vitest'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import type { PlanRow } from '#src/store/planTable.ts'
import { folded } from './folded.ts'

const ids = [...Array.from({ length: 100 }, (_, i) => `sft~${i}`), 'eval', 'rl']
const rows = ids.map((id) => ({ stage: { id } })) as unknown as readonly PlanRow[]
const trial = { sweep: 'rates', trial: 0, values: {} }
const plan = { variants: Object.fromEntries(ids.slice(0, 100).map((id) => [id, [trial]])) } as unknown as Plan

test('of a long sweep the first trials are shown, and how many there are more', () => {
  const parts = folded(rows, plan, new Set())
  expect(parts.map((part) => ('row' in part ? `${part.number} ${part.row.stage.id}` : part))).toEqual([
    ...Array.from({ length: 8 }, (_, i) => `${i + 1} sft~${i}`),
    { sweep: 'rates', stages: 92 },
    '101 eval',
    '102 rl',
  ])
})

test('an unfolded sweep, a short one and a plan without any show every stage', () => {
  const numbers = (of: readonly PlanRow[], unfolded: readonly string[] = []): readonly unknown[] =>
    folded(of, plan, new Set(unfolded)).map((part) => ('row' in part ? part.number : part))
  expect(numbers(rows, ['rates'])).toEqual(ids.map((_, i) => i + 1))
  // Twelve trials are shown, thirteen are not.
  expect(numbers(rows.slice(88))).toHaveLength(14)
  expect(numbers(rows.slice(87))).toHaveLength(11)
  expect(numbers(rows.slice(100))).toEqual([1, 2])
})

import { expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { parsePlan } from './parsePlan.ts'

/** A plan as it is stored: the golden one of the main job. */
const stored = readFileSync(new URL('../../tests/golden/plans/sft-to-rl.json', import.meta.url), 'utf8')

function broken(change: (plan: Record<string, never>) => void): string {
  const plan = JSON.parse(stored) as Record<string, never>
  change(plan)
  const parsed = parsePlan(plan)
  return parsed.ok ? 'fine' : parsed.error
}

test('a stored plan reads back', () => {
  expect(broken(() => {})).toBe('fine')
})

type Stages = { stages: Record<string, Record<string, unknown>>[]; hashes: Record<string, unknown> }

test.each<[string, (plan: Stages) => void, string]>([
  ['a newer IR', (p) => Object.assign(p, { irVersion: 3 }), 'at irVersion 2 was expected, not 3'],
  [
    'a number as text',
    (p) => Object.assign(p.stages[0]!['hyperparameters']!, { learningRate: '1' }),
    'at stages.0.hyperparameters.learningRate',
  ],
  [
    'a batch of nothing',
    (p) => Object.assign(p.stages[0]!['hyperparameters']!, { batchSize: 0 }),
    'at stages.0.hyperparameters.batchSize',
  ],
  ['a foreign member', (p) => Object.assign(p.stages[1]!, { script: 'rm' }), 'at stages.1.script'],
  ['a mode of its own', (p) => Object.assign(p.stages[0]!, { mode: 'dpo' }), 'at stages.0.mode'],
  ['a hash that is none', (p) => Object.assign(p.hashes, { sft: 'x' }), 'at hashes.sft'],
  ['stages in the wrong order', (p) => void p.stages.reverse(), 'which does not come before it'],
  ['a stage twice', (p) => void p.stages.push(p.stages[0]!), 'two stages have the id sft'],
  ['a stage without hash', (p) => void delete p.hashes['rl'], 'has no hash'],
])('%s is refused with its place', (_, change, sentence) => {
  expect(broken(change as never)).toContain(sentence)
})

test.each([[null], [[]], ['text'], [{}], [{ stages: [] }]])('%j is no plan', (value) => {
  expect(parsePlan(value)).toMatchObject({ ok: false })
})

test('a plan of the first version reads as one of this', () => {
  const old = readFileSync(new URL('../../tests/compat/plan-1.json', import.meta.url), 'utf8')
  const parsed = parsePlan(JSON.parse(old))
  expect(parsed.ok && [parsed.value.irVersion, parsed.value.stages.length, parsed.value.decisions]).toEqual([2, 4, []])
  expect(parsed.ok && parsed.value.stages.every((stage) => stage.pin === null && stage.conditions.length === 0)).toBe(
    true,
  )
})

import { expect, test } from 'vitest'
import type { StageId } from '../base/ids.ts'
import { handOver } from './handOver.ts'

const at = { on: 'stage', stage: 'rl' as StageId } as const

test('a training state is handed over with or without its optimizer', () => {
  const save = { name: 'after-sft', statePath: 'tinker://run/weights/after-sft' }
  expect(handOver(save, 'weights', at)).toEqual({ ok: true, value: { statePath: save.statePath, load: 'weights' } })
  expect(handOver(save, 'weights-and-optimizer', at)).toMatchObject({ value: { load: 'weights-and-optimizer' } })
})

test.each([
  ['sampler weights', 'tinker://run/sampler_weights/after-sft', 'for sampling only'],
  ['something else', 'https://example.org/weights', 'cannot be trained on'],
])('%s never feed a trainer (TR5009)', (_, statePath, words) => {
  const refused = handOver({ name: 'after-sft', statePath }, 'weights', at)
  expect(refused).toMatchObject({ ok: false, error: { code: 'TR5009', message: expect.stringContaining(words) } })
})

import { describe, expect, test } from 'vitest'
import { lossNames } from '../engine/index.ts'
import { backendClient, trainBody } from './testing/backendClient.ts'
import type { Json } from './testing/backendClient.ts'

/** The endings by which clients merge the metrics of a call that they have split; they refuse any other. */
const LEGAL = /^[^:]+:(sum|mean|min|max|slack|unique|hash_unordered)$/

function datum(loss: string, tokens: number[]): Json {
  const floats = (value: (i: number) => number): Json => ({ data: tokens.map((_, i) => value(i)), dtype: 'float32' })
  const own =
    loss === 'cross_entropy'
      ? { weights: floats((i) => i / 2) }
      : { logprobs: floats((i) => -1 - i), advantages: floats((i) => (i % 2) - 0.3) }
  return {
    model_input: { chunks: [{ type: 'encoded_text', tokens }] },
    loss_fn_inputs: { target_tokens: { data: tokens.map((token) => token + 1), dtype: 'int64' }, ...own },
  }
}

const data = (loss: string): Json[] => [datum(loss, [1, 2, 3, 4]), datum(loss, [7]), datum(loss, [9, 3, 5])]

describe.each(lossNames)('%s', (loss) => {
  test('is a sum over datums and their tokens, under names that clients can merge', async () => {
    const client = backendClient()
    const { model } = await client.newModel()
    const of = async (seq: number, some: readonly Json[]): Promise<Record<string, number>> =>
      (await client.run('forward_backward', trainBody(model, seq, some, loss)))['metrics'] as Record<string, number>
    const whole = await of(1, data(loss))
    const parts = [await of(2, data(loss).slice(0, 1)), await of(3, data(loss).slice(1))]
    expect(Object.keys(whole).filter((name) => !LEGAL.test(name))).toEqual([])
    const summed = Object.keys(whole).filter((name) => name.endsWith(':sum'))
    expect(summed).toContain('loss:sum')
    expect(Math.abs(whole['loss:sum']!)).toBeGreaterThan(0.01)
    for (const name of summed) expect(parts[0]![name]! + parts[1]![name]!).toBeCloseTo(whole[name]!, 3)
    const stepped = await client.run('optim_step', { model_id: model, seq_id: 4, adam_params: {} })
    expect(Object.keys(stepped['metrics'] as Json).filter((name) => !LEGAL.test(name))).toEqual([])
    await client.backend.close()
  })

  test('gives the same optimizer step for a batch and for its parts', async () => {
    const client = backendClient()
    const step = async (groups: readonly Json[][]): Promise<Record<string, number>> => {
      const { model } = await client.newModel()
      for (const [i, group] of groups.entries())
        await client.run('forward_backward', trainBody(model, i + 1, group, loss))
      const adam = { model_id: model, seq_id: groups.length + 1, adam_params: { learning_rate: 0.01 } }
      return (await client.run('optim_step', adam))['metrics'] as Record<string, number>
    }
    const [whole, parts] = [await step([data(loss)]), await step(data(loss).map((one) => [one]))]
    expect(whole['grad_norm:mean']).toBeGreaterThan(0)
    expect(parts['grad_norm:mean']! / whole['grad_norm:mean']!).toBeCloseTo(1, 5)
    await client.backend.close()
  })
})

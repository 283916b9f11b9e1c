/** Merging the results of the chunks of one call. */
import { combineOutputs, hashSum, hashUnordered, reduceMetrics } from '#src/tinker/wire/metricReduction.ts'
import { int64Tensor } from '#src/tinker/wire/tensorData.ts'
import { throws } from 'node:assert/strict'
import { check, elsewhere, near, same } from '../vector.ts'
import type { ForwardBackwardOutput } from '#src/tinker/wire/forwardBackward.ts'

type Chunks = { metrics: Record<string, number>; num_loss_fn_outputs: number }[]
type Expected = Record<string, number | string>

/** As the official client merges. Hashes exceed 2^53, so the file has them as text and they are compared exactly. */
export const metricReduction = check<Chunks, Expected>((input, expected) => {
  const chunks = input.map((c) => ({ metrics: c.metrics, weight: c.num_loss_fn_outputs }))
  if ('throws' in expected) {
    throws(() => reduceMetrics(chunks, { strict: true }), RangeError)
    // What the client itself does with the same: a run must not end over the name or the weight of a number.
    for (const value of Object.values(reduceMetrics(chunks))) same(Number.isFinite(value), true)
    return
  }
  const merged: Expected = { ...reduceMetrics(chunks, { strict: true }) }
  for (const [key, value] of Object.entries(expected)) {
    if (typeof value !== 'string') continue
    const hash = key.endsWith(':hash2') ? hashSum : hashUnordered
    const exact = hash(input.map((c) => c.metrics[key] ?? NaN))
    same(merged[key], Number(exact))
    merged[key] = String(exact)
  }
  near(merged, expected, 1e-9)
})

type Output = { loss_fn_output_type: string; loss_fn_outputs: number[]; metrics: Record<string, number> }

export const outputsCombined = check<Output[], Output>((input, expected) => {
  const outputOf = (o: Output): ForwardBackwardOutput => ({
    lossFnOutputType: o.loss_fn_output_type,
    lossFnOutputs: o.loss_fn_outputs.map((n) => ({ n: int64Tensor([n]) })),
    metrics: o.metrics,
  })
  same(combineOutputs(input.map(outputOf)), outputOf(expected))
})

export const tinkexReduction = check(() => elsewhere('Tinkex merges by rules of its own; the official ones are kept'))

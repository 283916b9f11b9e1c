/** A pass without a gradient and one with the gradient that the caller's loss computes from it. Loaded when one is asked for. */
import { err, ok } from '../../base/result.ts'
import { customResult, forwardData, linearised } from './customLoss.ts'
import { noData, PassRun } from './passRun.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'
import type { Reporter } from '../future.ts'
import type { ServiceContext } from '../session/serviceContext.ts'
import type { Chunk } from '../wire/chunking.ts'
import type { Datum } from '../wire/datum.ts'
import type { CustomLoss, CustomLossResult } from './customLoss.ts'

export type CustomPass = {
  readonly context: ServiceContext
  readonly modelId: string
  readonly data: readonly Datum[]
  readonly loss: CustomLoss
  readonly split: (data: readonly Datum[]) => readonly Chunk<Datum>[]
  /** The first of so many numbers in a row. */
  readonly take: (count: number) => number
  readonly signal: AbortSignal
  readonly report: Reporter
}

/** Runs the first pass and submits the second; the value is the wait for its result. */
export async function submitCustomPass(
  pass: CustomPass,
): Promise<Result<() => Promise<Result<CustomLossResult, Failure>>, Failure>> {
  const { context, modelId, data, loss, split, take, signal, report } = pass
  const plain = forwardData(data)
  if (!plain.ok) return plain
  if (data.length === 0) return err(noData())
  const settings = { modelId, lossFn: 'cross_entropy' }
  const forward = new PassRun(context, { ...settings, forwardOnly: true }, split(plain.value), signal, report)
  const output = await forward.result(await forward.submit(take))
  const linear = output.ok ? await linearised(data, output.value, loss, signal) : output
  if (!linear.ok) return linear
  const { value } = linear
  const backward = new PassRun(context, { ...settings, forwardOnly: false }, split(value.data), signal, report)
  const submitted = await backward.submit(take)
  return ok(async () => {
    const result = await backward.result(submitted)
    return result.ok ? ok(customResult(result.value, value)) : result
  })
}

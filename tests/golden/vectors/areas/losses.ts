/** Values and slopes of losses, and losses of the caller's own. */
import { evaluateLoss, lossNames, resolveLoss } from '#src/backend/engine/losses.ts'
import { forwardData, linearised } from '#src/tinker/training/customLoss.ts'
import { modelInputFromTokens } from '#src/tinker/wire/modelInput.ts'
import { float32Tensor, int64Tensor } from '#src/tinker/wire/tensorData.ts'
import { weightedMeanLoss } from '#src/tinker/wire/weightedLoss.ts'
import { ok } from 'node:assert/strict'
import { check, near, same } from '../vector.ts'
import { datumOf, withService } from '../conversation.ts'
import type { CustomLossOutput } from '#src/tinker/training/customLoss.ts'
import type { Datum } from '#src/tinker/wire/datum.ts'

export const lossNamesOfApi = check<unknown, string[]>((_input, expected) =>
  same([...lossNames].sort(), [...expected].sort()),
)

type Value = {
  logprobs: number[]
  weights?: number[]
  sampling_logprobs?: number[]
  advantages?: number[]
  mask?: number[]
  clip_low_threshold?: number
  clip_high_threshold?: number
}
type ValueExpected = { per_token: number[]; sum?: number; gradient?: number[]; tolerance: number }

export const lossValue = check<Value, ValueExpected>((input, expected, { name: title }) => {
  const named = lossNames.find((name) => title.startsWith(name))
  const name = named ?? (input.weights ? 'cross_entropy' : input.clip_low_threshold ? 'ppo' : 'importance_sampling')
  const { clip_low_threshold: low, clip_high_threshold: high } = input
  const config = resolveLoss(name, {
    ...(low === undefined ? {} : { clip_low_threshold: low }),
    ...(high === undefined ? {} : { clip_high_threshold: high }),
  })
  const floats = (values: number[] | undefined, i: number): Float32Array | undefined =>
    values && Float32Array.of(values[i]!)
  const rows = input.logprobs.map((lp, i) => {
    const slopes = new Float32Array(1)
    const [weights, mask] = [floats(input.weights, i), floats(input.mask, i)]
    const [logprobs, advantages] = [floats(input.sampling_logprobs, i), floats(input.advantages, i)]
    const inputs = {
      ...(weights && { weights }),
      ...(mask && { mask }),
      ...(logprobs && { logprobs }),
      ...(advantages && { advantages }),
    }
    return { loss: evaluateLoss(name, config, Float32Array.of(lp), inputs, slopes), slope: slopes[0]! }
  })
  const losses = rows.map(({ loss }) => loss)
  near(losses, expected.per_token, expected.tolerance)
  const total = losses.reduce((sum, loss) => sum + loss, 0)
  if (expected.sum !== undefined) near(total, expected.sum, expected.tolerance)
  if (expected.gradient !== undefined)
    near(
      rows.map(({ slope }) => slope),
      expected.gradient,
      expected.tolerance,
    )
})

type Custom = {
  logprobs?: number[][]
  chosen?: number[]
  rejected?: number[]
  beta?: number
  reference_margin?: number
  target_tokens?: number[]
  keys?: string[]
  custom?: Record<string, number>
  server_metrics?: Record<string, number>
}
type CustomExpected = {
  weights?: number[] | number[][]
  loss?: number
  throws?: string
  metrics?: object
  tolerance?: number
}

export const customLoss = check<Custom, CustomExpected>(async (input, expected) => {
  if (input.keys !== undefined) {
    const inputs = input.keys.map((key) => [key, key === 'target_tokens' ? int64Tensor([1]) : float32Tensor([1])])
    const datum: Datum = { modelInput: modelInputFromTokens([1]), lossFnInputs: Object.fromEntries(inputs) }
    return same(forwardData([datum]).ok, expected.throws === undefined)
  }
  if (input.target_tokens !== undefined) {
    const targets = int64Tensor(input.target_tokens)
    const read = forwardData([
      { modelInput: modelInputFromTokens(input.target_tokens), lossFnInputs: { target_tokens: targets } },
    ])
    ok(read.ok)
    const weights = read.value[0]!.lossFnInputs['weights']!
    return same({ weights: [...weights.data], dtype: weights.dtype, shape: weights.shape }, expected)
  }
  if (input.custom !== undefined) return mergedMetrics(input.custom, expected.metrics as Record<string, number>)
  if (input.chosen !== undefined) return weightsOf([input.chosen, input.rejected!], expected, preference(input))
  if (Array.isArray(input.logprobs?.[0])) return weightsOf(input.logprobs, expected, minusMean)
  const { logprobs = [], weights = [] } = input as unknown as { logprobs: number[]; weights: number[] }
  const datum: Datum = { modelInput: modelInputFromTokens([]), lossFnInputs: { weights: float32Tensor(weights) } }
  const outputs = [{ logprobs: float32Tensor(logprobs) }]
  near(weightedMeanLoss({ lossFnOutputType: '', lossFnOutputs: outputs, metrics: {} }, [datum]), expected, 1e-6)
})

type LossOf = (logprobs: readonly Float32Array[]) => CustomLossOutput

/** −mean over all log-probabilities: the slope is −1/n everywhere. */
const minusMean: LossOf = (logprobs) => {
  const n = logprobs.reduce((sum, row) => sum + row.length, 0)
  const total = logprobs.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0)
  return { loss: -total / n, gradients: logprobs.map((row) => new Float32Array(row.length).fill(-1 / n)) }
}

/** −log σ(β·((Σ chosen − Σ rejected) − margin)), whose slope is ∓β·σ(−z). */
function preference({ beta = 0.1, reference_margin: margin = 0 }: Custom): LossOf {
  return ([chosen, rejected]) => {
    const sum = (row: Float32Array): number => row.reduce((a, b) => a + b, 0)
    const z = beta * (sum(chosen!) - sum(rejected!) - margin)
    const slope = beta / (1 + Math.exp(z))
    const gradients = [chosen!.map(() => -slope), rejected!.map(() => slope)]
    return { loss: Math.log1p(Math.exp(-z)), gradients }
  }
}

async function weightsOf(logprobs: readonly number[][], expected: CustomExpected, loss: LossOf): Promise<void> {
  const data = logprobs.map((row) => datumOf(row.map((_lp, i) => i)))
  const output = {
    lossFnOutputType: 'ArrayRecord',
    lossFnOutputs: logprobs.map((row) => ({ logprobs: float32Tensor(row) })),
    metrics: {},
  }
  const { signal } = new AbortController()
  const read = await linearised(data, output, (_data, rows) => loss(rows.map((row) => row.data)), signal)
  ok(read.ok, read.ok ? '' : read.error.message)
  const weights = read.value.data.map(({ lossFnInputs }) => Array.from(lossFnInputs['weights']!.data, Number))
  near(weights, expected.weights, expected.tolerance ?? 1e-6)
  if (expected.loss !== undefined) near(read.value.loss, expected.loss, expected.tolerance ?? 1e-6)
}

/** The server of the case reports metrics of its own; those that the caller's loss names win. */
async function mergedMetrics(metrics: Record<string, number>, expected: Record<string, number>): Promise<void> {
  await withService({}, async ({ peer, service }) => {
    const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    const result = await training
      .forwardBackwardCustom([datumOf([1, 2])], (_data, [row]) => ({
        ...minusMean([row!.data]),
        metrics,
      }))
      .result()
    for (const [name, value] of Object.entries(expected)) same((result.metrics as Record<string, number>)[name], value)
    same(
      peer.requests('forward_backward').map(({ body }) => (body as { lossFn: string }).lossFn),
      ['cross_entropy', 'cross_entropy'],
    )
  })
}

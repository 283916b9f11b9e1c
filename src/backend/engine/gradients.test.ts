import { describe, expect, it } from 'vitest'
import { seededRng } from '../../base/rng.ts'
import { Core } from './core.ts'
import { packJob } from './datums.ts'
import { relaxedSimdRuns } from './kernels/kernels.ts'
import type { SimdVariant } from './kernels/kernels.ts'
import { resolveLoss } from './losses.ts'
import { enableRelaxedSimd } from './nodeShards.ts'
import { loraMatrices, matrixFromPanels, matrixToPanels, planLora } from './loraLayout.ts'
import type { LoraLayout } from './loraLayout.ts'
import type { LoraWeights } from './packCache.ts'
import { randomModel, randomTokens } from './testing/randomModel.ts'
import type { QwenConfig, RandomModel } from './testing/randomModel.ts'
import { referenceLogprobs } from './testing/reference.ts'
import type { ReferenceLora } from './testing/reference.ts'
import type { Datum, LossName, LoraShape } from './engineApi.ts'

enableRelaxedSimd()

const EVERYTHING = { trainAttn: true, trainMlp: true, trainUnembed: true }

/** An adapter whose B is not zero, so that every matrix has a gradient. */
function randomLora(core: Core, shape: LoraShape, seed: number): LoraWeights {
  const layout = planLora(core.model.plan, shape)
  const rng = seededRng(seed)
  const data = new Float32Array(layout.floats)
  for (const m of loraMatrices(layout)) {
    const size = m.shape[0] * m.shape[1]
    const amplitude = m.side === 'A' ? 1 / Math.sqrt(m.width) : 0.1
    matrixToPanels(
      layout,
      m,
      Float32Array.from({ length: size }, () => (2 * rng.next() - 1) * amplitude),
      data,
    )
  }
  return { version: 1, layout, data }
}

function referenceLora(layout: LoraLayout, data: Float32Array): ReferenceLora {
  const matrices = new Map(
    loraMatrices(layout).map((m) => [m.name, Float64Array.from(matrixFromPanels(layout, m, data))]),
  )
  return { scale: layout.scale, rank: layout.shape.rank, matrices }
}

/** Summed losses written from their definitions, over f64 log-probabilities. `at` are those of the unperturbed model. */
const DEFINITIONS: Record<LossName, (lp: number, at: number, w: number, q: number, a: number) => number> = {
  cross_entropy: (lp, _, w) => -w * lp,
  importance_sampling: (lp, _, __, q, a) => -Math.exp(lp - q) * a,
  ppo: (lp, _, __, q, a) => {
    const r = Math.exp(lp - q)
    return -Math.min(r * a, Math.min(1.2, Math.max(0.8, r)) * a)
  },
  // Stop-gradient: the ratio is taken at the unperturbed point.
  cispo: (lp, at, __, q, a) => -Math.min(4, Math.max(0, Math.exp(at - q))) * lp * a,
  dro: (lp, _, __, q, a) => -(lp * a - 0.5 * 0.05 * (lp - q) ** 2),
}

/** Random sequences and loss inputs; the first `shared` positions are alike in all of them. */
function datums(
  model: RandomModel,
  lora: ReferenceLora,
  lengths: readonly number[],
  k: number,
  shared: number,
): Datum[] {
  const rng = seededRng(5)
  return lengths.map((length, i) => {
    const tokens = randomTokens(length, model.config.vocab_size, 10 + i)
    const targets = randomTokens(length * k, model.config.vocab_size, 90 + i)
    tokens.set(randomTokens(shared, model.config.vocab_size, 8))
    targets.set(randomTokens(shared * k, model.config.vocab_size, 9))
    const lp = referenceLogprobs(model, lora, tokens, targets)
    return {
      tokens,
      targets,
      targetsPerToken: k,
      weights: Float32Array.from(lp, () => rng.next()),
      logprobs: Float32Array.from(lp, (x) => x + rng.next() - 0.5),
      advantages: Float32Array.from(lp, () => 2 * rng.next() - 1),
    }
  })
}

function objective(
  model: RandomModel,
  lora: ReferenceLora,
  data: readonly Datum[],
  loss: LossName,
  at: Float64Array[],
) {
  let total = 0
  data.forEach((d, i) => {
    const lp = referenceLogprobs(model, lora, d.tokens, d.targets)
    lp.forEach((x, t) => {
      total += DEFINITIONS[loss](x, at[i]![t]!, d.weights![t]!, d.logprobs![t]!, d.advantages![t]!)
    })
  })
  return total
}

const STEP = 3e-4

/** Cosine distance and norm ratio of the slopes along a random direction per matrix: the engine's and central differences. */
async function compare(
  config: Partial<QwenConfig>,
  shape: LoraShape,
  loss: LossName,
  lengths: readonly number[],
  { k = 1, shared = 0, simd = 'strict' as SimdVariant } = {},
) {
  const model = randomModel(config)
  const core = await Core.load(model.files, simd)
  const weights = randomLora(core, shape, 3)
  const { layout } = weights
  const lora = referenceLora(layout, weights.data)
  const data = datums(model, lora, lengths, k, shared)
  const at = data.map((d) => referenceLogprobs(model, lora, d.tokens, d.targets))
  const out = await core.batch(weights, packJob(data, loss, resolveLoss(loss), true))
  let dot = 0
  let mine = 0
  let theirs = 0
  const silent: string[] = []
  const rng = seededRng(77)
  for (const m of loraMatrices(layout)) {
    const gradient = matrixFromPanels(layout, m, out.gradient!)
    const matrix = lora.matrices.get(m.name)!
    const held = matrix.slice()
    // A direction that touches every entry: one pair of evaluations speaks for the whole matrix.
    const direction = held.map(() => (rng.next() < 0.5 ? -1 : 1) / Math.sqrt(held.length))
    const nudged = (by: number): number => {
      matrix.set(held.map((x, i) => x + by * direction[i]!))
      return objective(model, lora, data, loss, at)
    }
    const slope = (nudged(STEP) - nudged(-STEP)) / (2 * STEP)
    matrix.set(held)
    const ours = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0)
    dot += slope * ours
    mine += ours ** 2
    theirs += slope ** 2
    if (slope === 0) silent.push(m.name)
  }
  return {
    lossError: Math.abs(out.loss - objective(model, lora, data, loss, at)) / (1 + Math.abs(out.loss)),
    distance: 1 - dot / Math.sqrt(mine * theirs),
    ratio: Math.sqrt(mine / theirs),
    silent,
  }
}

function expectEqual(result: Awaited<ReturnType<typeof compare>>): void {
  expect(result.silent).toEqual([])
  expect(result.distance).toBeLessThan(1e-9)
  expect(Math.abs(result.ratio - 1)).toBeLessThan(1e-4)
  expect(result.lossError).toBeLessThan(1e-5)
}

describe('the gradient of every adapter matrix against central differences in f64', () => {
  const shape: LoraShape = { rank: 4, alpha: 8, seed: 1, ...EVERYTHING }

  it.each(Object.keys(DEFINITIONS) as LossName[])('agrees for %s', async (loss) => {
    // One loss goes through both layers; the others differ from it in the last step alone.
    const config = loss === 'cross_entropy' ? {} : { num_hidden_layers: 1, intermediate_size: 16 }
    expectEqual(await compare(config, shape, loss, [5, 1]))
  })

  it.runIf(relaxedSimdRuns())('agrees with fused multiply-add', async () => {
    expectEqual(await compare({}, shape, 'cross_entropy', [5, 1], { simd: 'relaxed' }))
  })

  it('agrees where sequences cross the 32-row blocks of attention', async () => {
    expectEqual(await compare({ num_hidden_layers: 1, intermediate_size: 16 }, shape, 'cross_entropy', [33, 65]))
  })

  it('agrees for several targets per token', async () => {
    expectEqual(await compare({ num_hidden_layers: 1 }, shape, 'cross_entropy', [4, 3], { k: 3 }))
  })

  it.each([
    { shared: 7, lengths: [9, 7, 12] },
    { shared: 33, lengths: [35, 70] },
  ])('agrees where datums begin alike and share rows: %o', async ({ shared, lengths }) => {
    const config = { num_hidden_layers: 1, intermediate_size: 16 }
    expectEqual(await compare(config, shape, 'importance_sampling', lengths, { shared }))
  })

  it('agrees for an untied head and one query head per key-value head', async () => {
    const config = { tie_word_embeddings: false, num_key_value_heads: 4, num_hidden_layers: 1 }
    expectEqual(await compare(config, shape, 'cross_entropy', [4, 2]))
  })

  it.each([1, 2, 8, 16, 32, 64])('agrees at rank %i', async (rank) => {
    expectEqual(await compare({ num_hidden_layers: 1 }, { ...shape, rank, alpha: 16 }, 'cross_entropy', [4]))
  })

  it.each([
    { trainAttn: true, trainMlp: false, trainUnembed: false },
    { trainAttn: false, trainMlp: true, trainUnembed: false },
    { trainAttn: false, trainMlp: false, trainUnembed: true },
  ])('agrees when only some layers train: %o', async (targets) => {
    expectEqual(await compare({}, { ...shape, ...targets }, 'cross_entropy', [4]))
  })
})

/** What a sampling request may ask about its prompt and its samples beyond the samples: log-probabilities of all kinds. */
import { deriveSeed, seededRng } from '../../base/rng.ts'
import { densify } from '../../tinker/wire/sparseTensor.ts'
import { elementCount } from '../../tinker/wire/tensorData.ts'
import { demand } from './refusal.ts'
import type { PromptAltTokens, SampleCall, SampleResult, TopkRow } from '../../tinker/wire/sample.ts'
import type { TensorData } from '../../tinker/wire/tensorData.ts'
import type { AdapterId, Engine } from '../engine/index.ts'
import type { BaseModel } from './baseModels.ts'

const MAX_TOPK = 64
/** Alternatives are drawn from whole distributions, which are held for every position of the prompt. */
const MAX_DISTRIBUTION = 1 << 24
const MAX_TARGETS = 1 << 20

/** @throws Refusal for what cannot be scored. */
export function checkScores(call: SampleCall, prompt: Int32Array, base: BaseModel): void {
  const within = (name: string, k: number): void =>
    demand(k >= 0 && k <= MAX_TOPK, `${name} must be from 0 to ${MAX_TOPK}, not ${k}`)
  within('topk_prompt_logprobs', call.topkPromptLogprobs)
  within('topk_sample_logprobs', call.topkSampleLogprobs ?? 0)
  within('prompt_alt_tokens_k', call.promptAltTokensK ?? 0)
  demand(
    !call.promptAltTokensK || prompt.length * base.vocabSize <= MAX_DISTRIBUTION,
    `prompt_alt_tokens_k needs more room than this server has for a prompt of ${prompt.length} tokens of ${base.vocabSize}`,
  )
  demand(
    call.recordStabilityInfo !== true,
    'this server has no stable_reinforce, so record_stability_info has no use here',
  )
  const n = call.promptLogprobsLastN
  if (n !== undefined) {
    demand(call.promptLogprobs, 'prompt_logprobs_last_n needs prompt_logprobs')
    demand(n >= 1 && n < prompt.length, `prompt_logprobs_last_n must be from 1 to ${prompt.length - 1}, not ${n}`)
  }
  if (call.targetPromptLogprobs !== undefined) checkTargets(call.targetPromptLogprobs, prompt, base)
}

function checkTargets(tensor: TensorData, prompt: Int32Array, base: BaseModel): void {
  const { dtype, shape, data } = tensor
  demand(dtype === 'int64', 'target_prompt_logprobs must be int64')
  demand(
    shape.length === 2 && shape[0] === prompt.length - 1,
    `target_prompt_logprobs must have the shape [${prompt.length - 1}, K], not [${shape.join(', ')}]`,
  )
  demand(elementCount(shape) <= MAX_TARGETS, `target_prompt_logprobs has more than ${MAX_TARGETS} cells`)
  for (const id of data)
    demand(
      id >= -1 && id < base.vocabSize,
      `target_prompt_logprobs has ${id}, which is outside the vocabulary of ${base.name}`,
    )
}

export type PromptScores = Pick<
  SampleResult,
  'promptLogprobs' | 'topkPromptLogprobs' | 'targetPromptLogprobs' | 'promptAltTokens'
>

/** @param draw seed and temperature of the alternatives */
export async function scorePrompt(
  engine: Engine,
  id: AdapterId | null,
  call: SampleCall,
  prompt: Int32Array,
  draw: { readonly seed: number; readonly temperature: number },
): Promise<PromptScores> {
  const { topkPromptLogprobs: k, targetPromptLogprobs: targets, promptAltTokensK = 0 } = call
  const scored = prompt.length - (call.promptLogprobsLastN ?? prompt.length)
  const [logprobs, top, targetLogprobs, alternatives] = await Promise.all([
    call.promptLogprobs ? engine.promptLogprobs(id, prompt) : null,
    k > 0 ? engine.promptTopLogprobs(id, prompt, k) : null,
    targets === undefined ? null : targetScores(engine, id, prompt, targets),
    promptAltTokensK > 0 ? drawAlternatives(engine, id, prompt, promptAltTokensK, draw) : null,
  ])
  return {
    promptLogprobs: logprobs?.map((value, i) => (i < scored ? NaN : value)) ?? null,
    topkPromptLogprobs: top === null ? null : topRows(top, prompt.length).map((row, i) => (i < scored ? null : row)),
    ...(targetLogprobs === null ? {} : { targetPromptLogprobs: targetLogprobs }),
    ...(alternatives === null ? {} : { promptAltTokens: alternatives }),
  }
}

/** Log-probabilities of the ids in the tensor's own shape and layout; 0 where it has −1. */
async function targetScores(
  engine: Engine,
  id: AdapterId | null,
  prompt: Int32Array,
  tensor: TensorData,
): Promise<TensorData> {
  const dense = densify(tensor)
  const cells = elementCount(dense.shape)
  const wanted = Int32Array.from(dense.data, Number)
  const scores = new Float32Array(cells)
  if (cells > 0) {
    const datum = {
      tokens: prompt.slice(0, -1),
      targets: wanted.map((token) => Math.max(0, token)),
      targetsPerToken: dense.shape[1]!,
    }
    const { logprobs } = await engine.forward(id, [datum], 'cross_entropy')
    scores.set(logprobs[0]!.map((value, i) => (wanted[i]! < 0 ? 0 : value)))
  }
  if (tensor.sparse === undefined) return { dtype: 'float32', data: scores, shape: tensor.shape }
  const { crowIndices, colIndices } = tensor.sparse
  const data = new Float32Array(colIndices.length)
  for (let row = 0; row < tensor.shape[0]!; row++)
    for (let cell = crowIndices[row]!; cell < crowIndices[row + 1]!; cell++)
      data[cell] = tensor.data[cell]! < 0 ? 0 : scores[row * tensor.shape[1]! + colIndices[cell]!]!
  return { dtype: 'float32', data, shape: tensor.shape, sparse: tensor.sparse }
}

/** K draws with replacement at the request's temperature for each token after the first; log-probabilities are the model's. */
async function drawAlternatives(
  engine: Engine,
  id: AdapterId | null,
  prompt: Int32Array,
  k: number,
  { seed, temperature }: { readonly seed: number; readonly temperature: number },
): Promise<PromptAltTokens> {
  const rows = prompt.length - 1
  const shape = [rows, k]
  const tokens = new Int32Array(rows * k)
  const logprobs = new Float32Array(rows * k)
  const vocab = engine.info.vocabSize
  const all = await engine.promptTopLogprobs(id, prompt, vocab)
  const rng = seededRng(deriveSeed(seed, 'alternatives'))
  for (let row = 0; row < rows; row++) {
    // Most likely first, so that temperature 0 takes the first.
    const from = (row + 1) * vocab
    const weights = all.logprobs
      .subarray(from, from + vocab)
      .map((lp) => (temperature === 0 ? 0 : Math.exp((lp - all.logprobs[from]!) / temperature)))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    for (let draw = 0; draw < k; draw++) {
      let rest = rng.next() * total
      let choice = 0
      while (temperature > 0 && choice < vocab - 1 && (rest -= weights[choice]!) >= 0) choice++
      tokens[row * k + draw] = all.tokens[from + choice]!
      logprobs[row * k + draw] = all.logprobs[from + choice]!
    }
  }
  return { tokens: { dtype: 'int64', data: tokens, shape }, logprobs: { dtype: 'float32', data: logprobs, shape } }
}

/** The k most likely tokens at each sampled position, of the model's own distribution. */
export async function scoreSamples(
  engine: Engine,
  id: AdapterId | null,
  prompt: Int32Array,
  samples: readonly Int32Array[],
  k: number,
): Promise<(readonly (TopkRow | null)[])[]> {
  return Promise.all(
    samples.map(async (sampled) => {
      if (sampled.length === 0) return []
      const whole = new Int32Array(prompt.length + sampled.length)
      whole.set(prompt)
      whole.set(sampled, prompt.length)
      return topRows(await engine.promptTopLogprobs(id, whole, k), whole.length).slice(prompt.length)
    }),
  )
}

/** The first token has nothing before it, so its row is null. */
function topRows(top: { tokens: Int32Array; logprobs: Float32Array }, length: number): (TopkRow | null)[] {
  const k = top.tokens.length / length
  return Array.from({ length }, (_, row) => {
    if (row === 0) return null
    return Array.from({ length: k }, (_cell, c) => ({
      token: top.tokens[row * k + c]!,
      logprob: top.logprobs[row * k + c]!,
    }))
  })
}

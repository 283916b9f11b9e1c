/** Reads a plan that was stored with a run, or given by hand: checks every field, so that loops need not. */
import * as v from 'valibot'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import { IR_VERSION } from './pipelineConfig.ts'
import type { Plan } from './pipelineConfig.ts'

const text = v.string()
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const positive = v.pipe(v.number(), v.integer(), v.minValue(1))
const number = v.pipe(v.number(), v.finite())
const share = v.pipe(number, v.minValue(0), v.maxValue(1))
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))

const source = v.variant('type', [
  v.strictObject({ type: v.literal('builtin'), name: text }),
  v.strictObject({
    type: v.literal('asset'),
    asset: text,
    name: text,
    format: v.picklist(['jsonl', 'json', 'csv']),
  }),
])

const mapping = v.variant('type', [
  v.strictObject({ type: v.literal('auto') }),
  v.strictObject({ type: v.literal('messages'), messages: text }),
  v.strictObject({ type: v.literal('prompt'), prompt: text, answer: v.nullable(text), system: v.nullable(text) }),
])

const dataset = v.strictObject({
  source,
  mapping,
  node: text,
  systemPrompt: text,
  part: v.picklist(['all', 'train', 'heldout']),
  heldoutRows: count,
  splitSeed: count,
  limit: count,
})

const model = v.strictObject({
  name: text,
  loraRank: positive,
  seed: count,
  trainAttn: v.boolean(),
  trainMlp: v.boolean(),
  trainUnembed: v.boolean(),
})

const policySource = v.variant('from', [
  v.strictObject({ from: v.literal('base') }),
  v.strictObject({
    from: v.literal('stage'),
    stage: text,
    checkpoint: text,
    load: v.picklist(['weights', 'weights-and-optimizer']),
  }),
])

const hyperparameters = v.strictObject({
  learningRate: number,
  schedule: v.picklist(['constant', 'linear', 'cosine']),
  warmupRatio: share,
  batchSize: positive,
  epochs: positive,
  gradientAccumulation: positive,
  maxSteps: count,
  maxSequenceLength: positive,
  seed: count,
  adam: v.strictObject({ beta1: share, beta2: share, eps: number, weightDecay: number, gradClipNorm: number }),
})

const grader = v.variant('type', [
  v.strictObject({ type: v.literal('exact'), caseSensitive: v.boolean(), stripPunctuation: v.boolean() }),
  v.strictObject({ type: v.literal('numeric'), tolerance: number }),
  v.strictObject({ type: v.literal('regex'), pattern: text, flags: text, compareGroup: v.boolean() }),
  v.strictObject({
    type: v.literal('length'),
    min: number,
    max: number,
    falloff: number,
    unit: v.picklist(['characters', 'words']),
  }),
])

const rewards = v.array(v.strictObject({ node: text, title: text, weight: number, grader }))
const sampling = v.strictObject({ temperature: number, topP: share, maxTokens: positive })
const checkpointing = v.array(
  v.strictObject({ node: v.nullable(text), name: text, every: count, ttlSeconds: v.nullable(number) }),
)

const base = {
  irVersion: v.literal(IR_VERSION),
  id: text,
  node: text,
  title: text,
  renderer: text,
  dependsOn: v.array(text),
  dataset,
}

const training = { ...base, model, start: policySource, hyperparameters, checkpointing }

const stage = v.variant('mode', [
  v.strictObject({
    ...training,
    mode: v.literal('sft'),
    heldout: v.nullable(dataset),
    sft: v.strictObject({
      trainOnWhat: v.picklist(['last_assistant_message', 'all_assistant_messages', 'all_tokens']),
      evalEvery: count,
    }),
  }),
  v.strictObject({
    ...training,
    mode: v.literal('rl'),
    rl: v.strictObject({
      groupSize: positive,
      sampling,
      loss: v.picklist(['importance_sampling', 'ppo']),
      clipLow: number,
      clipHigh: number,
      klCoef: number,
      klDiscount: number,
      substeps: positive,
      removeConstantGroups: v.boolean(),
      normalizeAdvantages: v.boolean(),
      rewards,
    }),
  }),
  v.strictObject({
    ...base,
    mode: v.literal('evaluate'),
    evaluation: v.strictObject({
      policies: v.array(v.strictObject({ label: text, node: text, model, source: policySource })),
      rewards,
      sampling,
      samplesPerRow: positive,
      seed: count,
    }),
  }),
])

const estimate = v.strictObject({
  stage: text,
  rows: count,
  stepsPerEpoch: count,
  optimizerSteps: count,
  trainTokens: v.nullable(count),
  rollouts: count,
  maxSampledTokens: count,
})

const planSchema = v.strictObject({
  irVersion: v.literal(IR_VERSION),
  title: text,
  stages: v.array(stage),
  hashes: v.record(text, hash),
  estimates: v.record(text, estimate),
  hash,
})

/** The error is one sentence that names the place and what was there. */
export function parsePlan(value: unknown): Result<Plan, string> {
  const parsed = v.safeParse(planSchema, value)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    const place = v.getDotPath(issue) ?? 'the plan'
    return err(
      `The plan cannot be read: at ${place} ${issue.expected ?? 'another value'} was expected, not ${issue.received}.`,
    )
  }
  const plan = parsed.output as unknown as Plan
  const broken = brokenOrder(plan)
  return broken === null ? ok(plan) : err(`The plan cannot be read: ${broken}.`)
}

function brokenOrder({ stages, hashes }: Plan): string | null {
  const before = new Set<string>()
  for (const { id, dependsOn, title } of stages) {
    if (before.has(id)) return `two stages have the id ${id}`
    const missing = dependsOn.find((parent) => !before.has(parent))
    if (missing !== undefined) return `“${title}” waits for ${missing}, which does not come before it`
    if (!Object.hasOwn(hashes, id)) return `“${title}” has no hash`
    before.add(id)
  }
  return null
}

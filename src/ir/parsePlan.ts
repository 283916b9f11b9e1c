/** Reads a plan that was stored with a run, or given by hand: checks every field, so that loops need not. */
import * as v from 'valibot'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import { upgradePlan } from './upgradePlan.ts'
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

const rows = {
  source,
  mapping,
  node: text,
  systemPrompt: text,
  part: v.picklist(['all', 'train', 'heldout']),
  heldoutRows: count,
  splitSeed: count,
  limit: count,
  limitedBy: v.optional(text),
}

const dataset = v.strictObject({ ...rows, more: v.optional(v.array(v.strictObject(rows))) })

const model = v.strictObject({
  node: text,
  name: text,
  loraRank: positive,
  seed: count,
  trainAttn: v.boolean(),
  trainMlp: v.boolean(),
  trainUnembed: v.boolean(),
})

const load = v.picklist(['weights', 'weights-and-optimizer'])

const policySource = v.variant('from', [
  v.strictObject({ from: v.literal('base') }),
  v.strictObject({
    from: v.literal('stage'),
    stage: text,
    checkpoint: text,
    load,
  }),
  v.strictObject({ from: v.literal('decision'), decision: text, load }),
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

const conditions = v.array(v.strictObject({ decision: text, outcome: v.picklist(['passed', 'failed']) }))

const policies = v.array(v.strictObject({ label: text, node: text, model, source: policySource, conditions }))

const base = {
  irVersion: v.literal(IR_VERSION),
  id: text,
  node: text,
  title: text,
  renderer: text,
  dependsOn: v.array(text),
  dataset,
  conditions,
  pin: v.nullable(hash),
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
      policies,
      rewards,
      sampling,
      samplesPerRow: positive,
      seed: count,
    }),
  }),
])

const decided = { id: text, node: text, title: text, evaluation: text, conditions }

const decision = v.variant('type', [
  v.strictObject({
    ...decided,
    type: v.literal('gate'),
    policy: text,
    comparison: v.picklist(['at-least', 'at-most']),
    threshold: number,
    against: v.nullable(text),
  }),
  v.strictObject({
    ...decided,
    type: v.literal('best-of'),
    goal: v.picklist(['highest', 'lowest']),
    candidates: policies,
  }),
])

const variant = v.strictObject({
  sweep: text,
  trial: count,
  values: v.record(text, v.union([text, number, v.boolean()])),
})

const amount = v.pipe(number, v.minValue(0))
const spent = v.strictObject({ trained: amount, prefilled: amount, cached: amount, sampled: amount })

const estimate = v.strictObject({
  stage: text,
  rows: count,
  stepsPerEpoch: count,
  optimizerSteps: count,
  trainTokens: v.nullable(count),
  rollouts: count,
  maxSampledTokens: count,
  dropped: count,
  tokens: v.nullable(v.strictObject({ low: spent, high: spent })),
  saves: count,
})

/** Also the source of the published JSON Schema. */
export const planSchema = v.strictObject({
  irVersion: v.literal(IR_VERSION),
  title: text,
  stages: v.array(stage),
  decisions: v.array(decision),
  fingerprints: v.record(text, text),
  cards: v.record(text, text),
  variants: v.record(text, v.array(variant)),
  hashes: v.record(text, hash),
  estimates: v.record(text, estimate),
  hash,
})

/** The error is one sentence that names the place and what was there. */
export function parsePlan(value: unknown): Result<Plan, string> {
  const parsed = v.safeParse(planSchema, upgradePlan(value))
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

function brokenOrder({ stages, decisions, hashes }: Plan): string | null {
  const before = new Set<string>()
  const all = new Set([...stages, ...decisions].map((item) => item.id as string))
  for (const { evaluation, conditions, title } of decisions) {
    const missing = [evaluation, ...conditions.map((c) => c.decision)].find((id) => !all.has(id))
    if (missing !== undefined) return `“${title}” looks at ${missing}, which is not there`
  }
  for (const { id, dependsOn, title } of stages) {
    if (before.has(id)) return `two stages have the id ${id}`
    if (decisions.some((d) => (d.id as string) === id)) return `a stage and a decision have the id ${id}`
    const missing = dependsOn.find((parent) => !before.has(parent))
    if (missing !== undefined) return `“${title}” waits for ${missing}, which does not come before it`
    if (!Object.hasOwn(hashes, id)) return `“${title}” has no hash`
    before.add(id)
  }
  return null
}

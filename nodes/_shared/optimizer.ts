/** What every trainer has: learning rate and its schedule, passes over the data, Adam, and where the optimizer starts. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { Json } from '#src/base/canonicalJson.ts'
import type { FieldSpec, LowerCtx, PolicyValue } from '#src/kinds/contract.ts'
import type { Hyperparameters, PolicySource, Schedule } from '#src/ir/pipelineConfig.ts'
import { kindDiagnostic, settingFix } from './codes.ts'

export type OptimizerParams = {
  learningRate: number
  schedule: Schedule
  warmupRatio: number
  batchSize: number
  epochs: number
  maxSteps: number
  maxSequenceLength: number
  seed: number
  continueOptimizer: boolean
  beta1: number
  beta2: number
  eps: number
  weightDecay: number
  gradClipNorm: number
}

/** Cookbook defaults (recipes: Adam 0.9/0.95, eps 1e-8, no decay, no clipping). */
export const adamDefaults = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, gradClipNorm: 0 }

/** Longest sequence when neither the person nor the backend says. */
const FALLBACK_CONTEXT = 4096

export const MAX_SEED = 2147483647

export const seedControl = { type: 'number', min: 0, max: MAX_SEED, step: 1, integer: true } as const

export const rateFields: readonly FieldSpec<OptimizerParams>[] = [
  {
    key: 'learningRate',
    label: 'Learning rate',
    help: 'Size of each update. Too high diverges, too low learns nothing. LoRA on large models: 1e-4 to 5e-4 for SFT, 1e-5 to 4e-5 for RL; tiny models take ten times more.',
    section: 'Optimisation',
    control: { type: 'number', min: 1e-8, max: 1, step: 1e-5, integer: false, scale: 'log' },
  },
  {
    key: 'schedule',
    label: 'Schedule',
    help: 'How the rate changes over the run. Linear decay is the safe choice for SFT, constant is usual for RL.',
    section: 'Optimisation',
    control: {
      type: 'select',
      options: [
        { value: 'constant', label: 'Constant', help: 'The same rate at every step.' },
        { value: 'linear', label: 'Linear', help: 'Falls evenly to zero at the end.' },
        { value: 'cosine', label: 'Cosine', help: 'Stays high for longer, then falls smoothly to zero.' },
      ],
    },
  },
  {
    key: 'warmupRatio',
    label: 'Warm-up',
    help: 'Share of the steps in which the rate rises to its full value. It guards against a wild start; 0 to 0.1 is usual.',
    unit: 'share of steps',
    section: 'Optimisation',
    control: { type: 'number', min: 0, max: 1, step: 0.01, integer: false },
  },
]

export const lengthFields: readonly FieldSpec<OptimizerParams>[] = [
  {
    key: 'epochs',
    label: 'Epochs',
    help: 'Passes over all rows. More passes learn small sets better and overfit sooner: 1 to 3 for thousands of rows, more for hundreds.',
    section: 'Length',
    control: { type: 'number', min: 1, max: 1000, step: 1, integer: true },
  },
  {
    key: 'maxSteps',
    label: 'Stop after',
    help: 'Ends the stage early, also in the middle of an epoch; schedules then fall to zero at that step. 0 runs all epochs.',
    unit: 'steps',
    section: 'Length',
    control: { type: 'number', min: 0, max: 1_000_000, step: 1, integer: true, zero: 'all epochs' },
  },
]

export const seedField: FieldSpec<OptimizerParams> = {
  key: 'seed',
  label: 'Seed',
  help: 'Decides the order of rows and every sampled answer. The same seed on the same machine gives the same run.',
  section: 'Length',
  control: seedControl,
}

export const adamFields: readonly FieldSpec<OptimizerParams>[] = [
  {
    key: 'continueOptimizer',
    label: 'Continue optimizer',
    help: 'Loads Adam’s moments together with the weights. Right for going on with the same training; a new stage with other data or rate does better with weights only.',
    section: 'Optimizer',
    advanced: true,
    control: { type: 'switch' },
  },
  adam('beta1', 'Adam β₁', 'Memory of the gradient’s direction. 0.9 is right nearly always.', 0, 0.9999, 0.01),
  adam(
    'beta2',
    'Adam β₂',
    'Memory of the gradient’s size. 0.95 adapts faster, 0.999 is steadier for noisy gradients.',
    0,
    0.99999,
    0.01,
  ),
  adam('eps', 'Adam ε', 'Keeps the update finite where gradients are tiny. 1e-8 is usual.', 1e-16, 0.01, 1e-8, 'log'),
  adam(
    'weightDecay',
    'Weight decay',
    'Pulls adapter weights towards zero at every step. 0 is usual for LoRA; 0.01 counters overfitting.',
    0,
    1,
    0.01,
  ),
  adam(
    'gradClipNorm',
    'Clip gradient norm',
    'Largest length of the whole gradient, 0 = no clipping. Losses are sums over tokens here, so useful limits grow with the batch.',
    0,
    1_000_000,
    0.1,
  ),
]

export const sequenceField: FieldSpec<OptimizerParams> = {
  key: 'maxSequenceLength',
  label: 'Longest sequence',
  help: 'SFT cuts longer rows at the end, RL leaves out prompts that leave no room for an answer. 0 takes what the model can read.',
  unit: 'tokens',
  section: 'Length',
  control: { type: 'number', min: 0, max: 1_000_000, step: 1, integer: true, zero: 'as the model can' },
}

export function hyperparameters(
  ctx: LowerCtx<OptimizerParams>,
  policy: PolicyValue,
  gradientAccumulation: number,
): Hyperparameters {
  const { params } = ctx
  const maxSequenceLength = params.maxSequenceLength || contextOf(ctx, policy.model.name)
  const before = known.get(params)
  if (before?.maxSequenceLength === maxSequenceLength && before.gradientAccumulation === gradientAccumulation)
    return before
  const made = {
    learningRate: params.learningRate,
    schedule: params.schedule,
    warmupRatio: params.warmupRatio,
    batchSize: params.batchSize,
    epochs: params.epochs,
    gradientAccumulation,
    maxSteps: params.maxSteps,
    maxSequenceLength,
    seed: params.seed,
    adam: {
      beta1: params.beta1,
      beta2: params.beta2,
      eps: params.eps,
      weightDecay: params.weightDecay,
      gradClipNorm: params.gradClipNorm,
    },
  }
  known.set(params, made)
  return made
}

/** Trainers of a drawing that are set alike share their params, and so share these and all that is found out about them. */
const known = new WeakMap<OptimizerParams, Hyperparameters>()

/** Where the stage's weights come from, with or without Adam's moments. */
export function startOf(policy: PolicyValue, continueOptimizer: boolean): PolicySource {
  const { source } = policy
  const load = continueOptimizer ? 'weights-and-optimizer' : 'weights'
  return source.from === 'base' || source.load === load ? source : { ...source, load }
}

/** Share of the steps from which on the full rate comes late. */
const LONG_WARMUP = 0.3

const NOTHING: readonly Diagnostic[] = []

/** Advice that holds for every trainer, whatever the model. */
export function optimizerAdvice(ctx: LowerCtx<OptimizerParams>, policy: PolicyValue): readonly Diagnostic[] {
  if (!ctx.params.continueOptimizer && ctx.params.warmupRatio <= LONG_WARMUP) return NOTHING
  const found: Diagnostic[] = []
  const advise = (code: 'KD2401' | 'KD2402' | 'KD2403', field: string, message: string, value: Json): void => {
    const fix = settingFix(ctx.node.id, field, value)
    found.push(kindDiagnostic(code, { on: 'field', node: ctx.node.id, field }, message, { fix }))
  }
  if (ctx.params.continueOptimizer) {
    if (policy.source.from === 'base') {
      advise(
        'KD2401',
        'continueOptimizer',
        `“${ctx.title}” starts from a base model: there is no optimizer to continue.`,
        false,
      )
    } else {
      advise(
        'KD2402',
        'continueOptimizer',
        `“${ctx.title}” takes over the optimizer of another stage; its moments were made for other data or another learning rate.`,
        false,
      )
    }
  }
  if (ctx.params.warmupRatio > LONG_WARMUP) {
    advise(
      'KD2403',
      'warmupRatio',
      `“${ctx.title}” warms up for ${Math.round(ctx.params.warmupRatio * 100)} % of its steps and spends little time at its full rate.`,
      0.05,
    )
  }
  return found
}

export function contextOf(ctx: LowerCtx<unknown>, model: string): number {
  return ctx.facts.models?.find((m) => m.name === model)?.maxContext ?? FALLBACK_CONTEXT
}

function adam(
  key: 'beta1' | 'beta2' | 'eps' | 'weightDecay' | 'gradClipNorm',
  label: string,
  help: string,
  min: number,
  max: number,
  step: number,
  scale?: 'log',
): FieldSpec<OptimizerParams> {
  const control = { type: 'number', min, max, step, integer: false, ...(scale ? { scale } : {}) } as const
  return { key, label, help, section: 'Optimizer', advanced: true, control }
}

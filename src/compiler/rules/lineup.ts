/**
 * What is known of the models that the service offers, as far as rules need it. Sizes, types and the learning-rate formula
 * are of 2026-11; prices are elsewhere. A model that is not here gets no advice that depends on its size.
 */

export type KnownModel = {
  /** `base` models know no chat markers; `reasoning` ones always think, `hybrid` ones may. */
  readonly type: 'base' | 'instruct' | 'hybrid' | 'reasoning'
  /** All parameters, in billions. */
  readonly billions: number
  /** Hidden size, for the learning-rate formula; null where the family has no calibrated one. */
  readonly hidden: number | null
  /** Where its end is announced: the day, and a model of the same size that stays. */
  readonly retires?: { readonly on: string; readonly use: string }
}

const model = (type: KnownModel['type'], billions: number, hidden: number | null = null): KnownModel => ({
  type,
  billions,
  hidden,
})

/** By the name without a variant such as `:peft:262144`, in lower case. */
const MODELS: Readonly<Record<string, KnownModel>> = {
  'qwen/qwen3-8b': model('hybrid', 8, 4096),
  'qwen/qwen3.5-4b': model('hybrid', 4, 2560),
  'qwen/qwen3.5-9b': model('hybrid', 9, 4096),
  'qwen/qwen3.5-9b-base': model('base', 9, 4096),
  'qwen/qwen3.5-35b-a3b-base': model('base', 35, 2048),
  'qwen/qwen3.6-35b-a3b': model('hybrid', 35, 2048),
  'qwen/qwen3.6-27b': {
    ...model('hybrid', 27, 5120),
    retires: { on: '2026-09-02', use: 'Qwen/Qwen3.8-27B' },
  },
  'qwen/qwen3.8-27b': model('hybrid', 27, 5120),
  'qwen/qwen3.5-397b-a17b': model('hybrid', 397, 4096),
  'openai/gpt-oss-20b': model('reasoning', 21),
  'openai/gpt-oss-120b': model('reasoning', 117),
  'nvidia/nvidia-nemotron-3-nano-30b-a3b-bf16': model('hybrid', 30),
  'nvidia/nvidia-nemotron-3.5-lightning-30b-a3b-bf16': model('hybrid', 30),
  'nvidia/nvidia-nemotron-3-super-120b-a12b-bf16': model('hybrid', 120),
  'nvidia/nvidia-nemotron-3-ultra-550b-a55b-bf16': model('hybrid', 550),
  'deepseek-ai/deepseek-v3.1': model('hybrid', 671),
  'moonshotai/kimi-k2.6': model('hybrid', 1000),
  'zai-org/glm-5.3': model('reasoning', 744),
  'thinkingmachines/inkling-small': model('reasoning', 276),
  'thinkingmachines/inkling': model('reasoning', 975),
  'meta-llama/llama-3.2-1b': model('base', 1, 2048),
  'meta-llama/llama-3.2-3b': model('base', 3, 3072),
  'meta-llama/llama-3.1-8b': model('base', 8, 4096),
  'meta-llama/llama-3.1-8b-instruct': model('instruct', 8, 4096),
  'meta-llama/llama-3.1-70b': model('base', 70, 8192),
  'meta-llama/llama-3.3-70b-instruct': model('instruct', 70, 8192),
}

/** By the name as it was asked for; a drawing names few models, many times. */
const asked = new Map<string, KnownModel | null>()
const MOST_ASKED = 64

export function knownModel(name: string): KnownModel | null {
  let known = asked.get(name)
  if (known === undefined) {
    if (asked.size >= MOST_ASKED) asked.clear()
    asked.set(name, (known = lookUp(name)))
  }
  return known
}

function lookUp(name: string): KnownModel | null {
  const plain = name.split(':')[0]!.toLowerCase()
  return Object.hasOwn(MODELS, plain) ? MODELS[plain]! : null
}

/** Chat models whose own format a renderer writes; the others have one that is not offered here. */
export function hasOwnRenderer(name: string): boolean {
  return /(^|\/)qwen3(-|$)|(^|\/)llama-3.*instruct/i.test(name.split(':')[0]!)
}

/** Where a family has no fit of its own, the best point of the public sweeps over seven families. */
const UNCALIBRATED = 3e-4

/**
 * Learning rate for supervised LoRA: 5e-5 · 10 · (2000 / hidden)^p, p = 0.781 for Llama and 0.0775 for Qwen (the fit that
 * tinker-cookbook publishes); it does not depend on the rank.
 */
export function supervisedRate(name: string, { hidden }: KnownModel): number {
  const power = powerOf(name)
  if (hidden === null || power === null) return UNCALIBRATED
  return Number((5e-4 * (2000 / hidden) ** power).toPrecision(2))
}

/** Whether the rate comes from a fit of the model's own family. */
export function hasOwnRate(name: string, { hidden }: KnownModel): boolean {
  return hidden !== null && powerOf(name) !== null
}

function powerOf(name: string): number | null {
  return /llama/i.test(name) ? 0.781 : /qwen/i.test(name) ? 0.0775 : null
}

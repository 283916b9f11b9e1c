/** How many parameters a LoRA adapter has, for models whose shape is published: all layers trained. Source: recipes §7.2. */

/** Millions per unit of rank, by the name in lower case and without a variant. */
const MILLIONS: Readonly<Record<string, number>> = {
  'qwen/qwen3.5-4b': 2.28,
  'qwen/qwen3-8b': 2.88,
  'qwen/qwen3.5-9b': 2.96,
  'qwen/qwen3.5-9b-base': 2.96,
  'qwen/qwen3.6-27b': 7.54,
  'qwen/qwen3.8-27b': 7.54,
  'qwen/qwen3.6-35b-a3b': 17.5,
  'qwen/qwen3.5-35b-a3b-base': 17.5,
  'qwen/qwen3.5-397b-a17b': 99.1,
  'openai/gpt-oss-20b': 7.54,
  'openai/gpt-oss-120b': 41.1,
  'nvidia/nvidia-nemotron-3-nano-30b-a3b-bf16': 12.1,
  'nvidia/nvidia-nemotron-3.5-lightning-30b-a3b-bf16': 12.1,
  'nvidia/nvidia-nemotron-3-super-120b-a12b-bf16': 113,
  'nvidia/nvidia-nemotron-3-ultra-550b-a55b-bf16': 259,
  'deepseek-ai/deepseek-v3.1': 96.9,
  'moonshotai/kimi-k2.6': 147,
  'thinkingmachines/inkling': 158,
}

/** Null for models that are not known. A variant such as `:peft:262144` has the same adapter. */
export function paramsPerRank(model: string): number | null {
  const plain = model.split(':')[0]!.toLowerCase()
  return Object.hasOwn(MILLIONS, plain) ? MILLIONS[plain]! * 1e6 : null
}

/** Which tokenizer a model has: the id that the server names, else by the model's name, as the official SDK looks it up. */

export type TokenizerRef = {
  /** Repository on a hub. */
  readonly id: string
  /** Branch or commit. A commit's files never change. */
  readonly revision: string
  readonly pinned: boolean
  /** Which file has the vocabulary. */
  readonly format: 'tokenizer.json' | 'tiktoken'
}

const OPEN_COPY_OF_LLAMA3 = 'thinkingmachineslabinc/meta-llama-3-instruct-tokenizer'

/** Repositories that the official SDK pins, because their tokenizer is code to it. Source: protocol reference §6.11. */
const PINNED: Readonly<Record<string, string>> = {
  'moonshotai/Kimi-K2-Thinking': '612681931a8c906ddb349f8ad0f582cb552189cd',
  'moonshotai/Kimi-K2.5': '4d01dfe0332d63057c186e0b262165819efb6611',
  'moonshotai/Kimi-K2.6': 'b5aabbfb20227ed42becbf5541dbffd213942c58',
}

/**
 * @param model name in the API, e.g. `Qwen/Qwen3-8B:peft:262144`
 * @param tokenizerId what `get_info` or `weights_info` names, if anything; wins over the name
 */
export function tokenizerRef(model: string, tokenizerId?: string | null): TokenizerRef {
  const named = tokenizerId === undefined || tokenizerId === null || tokenizerId === '' ? byName(model) : tokenizerId
  const id = named === 'moonshotai/Kimi-K2.5-Text-Only' ? 'moonshotai/Kimi-K2.5' : named
  const revision = PINNED[id]
  const format = id.startsWith('moonshotai/Kimi-') ? 'tiktoken' : 'tokenizer.json'
  return { id, revision: revision ?? 'main', pinned: revision !== undefined, format }
}

/** The repository alone. */
export function tokenizerRepository(model: string): string {
  return tokenizerRef(model).id
}

function byName(model: string): string {
  const name = model.split(':')[0]!
  // Gated repositories have an open copy.
  if (name.startsWith('meta-llama/Llama-3')) return OPEN_COPY_OF_LLAMA3
  const parts = name.split('/')
  return parts.length === 3 ? parts.slice(0, 2).join('/') : name
}

/** What a renderer offers: conversations to tokens for sampling and training, and sampled tokens back to text. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { Result } from '../../base/result.ts'
import type { TrainOnWhat } from '../../ir/pipelineConfig.ts'
import type { Message } from '../example.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'

/** Unshifted: `weights[i]` says whether the model is trained to produce `tokens[i]`. Both have the same length. */
export type SupervisedTokens = { readonly tokens: readonly number[]; readonly weights: readonly (0 | 1)[] }

export type ParsedResponse = {
  /** What the assistant said, without reasoning, stop sequence and framing. */
  readonly content: string
  /** What stood in a `<think>` block; empty for renderers without. */
  readonly reasoning: string
  /** The answer ended by itself: one stop sequence or end of text at its end, none before. */
  readonly clean: boolean
}

export type Renderer = {
  readonly name: string
  /** For `SamplingParams.stop`: token ids, or strings where no token ends a turn. */
  readonly stop: readonly number[] | readonly string[]
  /** Tokens up to where the assistant begins to speak. */
  buildGenerationPrompt(messages: readonly Message[]): Result<number[], Diagnostic>
  buildSupervisedExample(messages: readonly Message[], trainOn: TrainOnWhat): Result<SupervisedTokens, Diagnostic>
  /** @param tokens as sampled, the stop token included */
  parseResponse(tokens: readonly number[]): ParsedResponse
}

/** Makes the renderer for a tokenizer; fails when the tokenizer lacks the format's control tokens. */
export type RendererFactory = (tokenizer: Tokenizer) => Result<Renderer, Diagnostic>

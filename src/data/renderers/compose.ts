/** The part that all renderers share: pieces to a prompt or to a weighted example. A format says only how a message looks. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import { err, ok } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { TrainOnWhat } from '../../ir/pipelineConfig.ts'
import { diagnoseData } from '../codes.ts'
import type { Message } from '../example.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'
import type { ParsedResponse, Renderer, SupervisedTokens } from './renderer.ts'

/** Every piece is tokenised by itself: merges over the seams would give other tokens than sampling meets. */
export type RenderedMessage = {
  /** Who speaks: context, never what the model produces. */
  readonly header: readonly number[]
  /** What the model would produce, the end of the turn included. */
  readonly output: readonly number[]
}

export type Format = {
  readonly name: string
  readonly stop: Renderer['stop']
  /** Tokens before the first message. */
  readonly begin: readonly number[]
  render(message: Message, index: number, messages: readonly Message[]): RenderedMessage
  /** Opens the assistant's turn after `count` messages. */
  generationSuffix(count: number): readonly number[]
  /** Follows the last message when the assistant spoke it: part of the stop sequence and of the next header at once. */
  readonly stopOverlap?: readonly number[]
  /** Why this conversation cannot be written in the format; a sentence, or null. */
  refuse?(messages: readonly Message[]): string | null
  parse(tokens: readonly number[]): ParsedResponse
}

export function renderer(format: Format): Renderer {
  return {
    name: format.name,
    stop: format.stop,
    buildGenerationPrompt: (messages) => checked(format, messages, () => generationPrompt(format, messages)),
    buildSupervisedExample: (messages, trainOn) =>
      checked(format, messages, () => supervisedExample(format, messages, trainOn)),
    parseResponse: (tokens) => format.parse(tokens),
  }
}

function checked<T>(format: Format, messages: readonly Message[], build: () => T): Result<T, Diagnostic> {
  const reason = messages.length === 0 ? 'it has no messages' : (format.refuse?.(messages) ?? null)
  if (reason === null) return ok(build())
  return err(diagnoseData('DA8023', { on: 'document' }, `The renderer ${format.name} cannot write a row: ${reason}.`))
}

function generationPrompt(format: Format, messages: readonly Message[]): number[] {
  const turns = messages.map((message, i) => {
    const { header, output } = format.render(message, i, messages)
    return [header, output]
  })
  return [format.begin, ...turns.flat(), format.generationSuffix(messages.length)].flat()
}

function supervisedExample(format: Format, messages: readonly Message[], trainOn: TrainOnWhat): SupervisedTokens {
  const tokens: number[] = [...format.begin]
  const weights: (0 | 1)[] = format.begin.map(() => 0)
  const append = (piece: readonly number[], weight: 0 | 1): void => {
    for (const token of piece) {
      tokens.push(token)
      weights.push(weight)
    }
  }
  const last = messages.length - 1
  for (const [i, message] of messages.entries()) {
    const { header, output } = format.render(message, i, messages)
    const trained = isTrained(message, i === last, trainOn)
    append(header, trainOn === 'all_tokens' ? 1 : 0)
    append(output, trained ? 1 : 0)
    if (i === last && message.role === 'assistant') append(format.stopOverlap ?? [], trained ? 1 : 0)
  }
  if (trainOn === 'last_assistant_message' && messages[last]!.role === 'assistant' && last > 0)
    clearPrompt(weights, tokens, generationPrompt(format, messages.slice(0, last)))
  return { tokens, weights }
}

function isTrained(message: Message, isLast: boolean, trainOn: TrainOnWhat): boolean {
  if (trainOn === 'all_tokens') return true
  return message.role === 'assistant' && (isLast || trainOn === 'all_assistant_messages')
}

/** What sampling is given, e.g. an opened think block, is context and not a target. */
function clearPrompt(weights: (0 | 1)[], tokens: readonly number[], prompt: readonly number[]): void {
  if (prompt.every((token, i) => tokens[i] === token)) weights.fill(0, 0, prompt.length)
}

/** Cuts sampled tokens at the first end token. Clean: exactly one, and it is the last token. */
export function cutAtEnd(
  tokens: readonly number[],
  ends: readonly (number | null)[],
): { readonly body: readonly number[]; readonly clean: boolean } {
  const at = tokens.findIndex((token) => ends.includes(token))
  if (at === -1) return { body: tokens, clean: false }
  return { body: tokens.slice(0, at), clean: at === tokens.length - 1 }
}

/** Ids of the control tokens of a format; fails with their names when the tokenizer lacks some. */
export function requireMarkers<K extends string>(
  format: string,
  tokenizer: Tokenizer,
  names: readonly K[],
): Result<{ readonly [name in K]: number }, Diagnostic> {
  const found = names.map((name) => [name, tokenizer.markerId(name)] as const)
  const missing = found.filter(([, id]) => id === null).map(([name]) => name)
  if (missing.length === 0) return ok(Object.fromEntries(found) as { readonly [name in K]: number })
  const message = `The renderer ${format} needs ${missing.join(', ')}, which this model's tokenizer does not have.`
  return err(diagnoseData('DA8022', { on: 'document' }, message))
}

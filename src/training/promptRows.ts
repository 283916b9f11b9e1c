/** Rows as prompts to sample from, with what was left out and why. */
import type { Example } from '../data/example.ts'
import type { Renderer } from '../data/renderers/renderer.ts'

export type PromptRow = {
  readonly tokens: Int32Array
  /** For people: the user's message, or the whole conversation when there is more to it. */
  readonly shown: string
  /** Reference that rewards compare with. */
  readonly answer: string | null
}

export type PromptRows = { readonly prompts: readonly PromptRow[]; readonly notes: readonly string[] }

/**
 * @param maxPromptTokens longer prompts leave no room for an answer
 * @param needsAnswer rows without a reference cannot be graded and are left out
 */
export function promptRows(
  examples: readonly Example[],
  renderer: Renderer,
  { maxPromptTokens, needsAnswer }: { readonly maxPromptTokens: number; readonly needsAnswer: boolean },
): PromptRows {
  const prompts: PromptRow[] = []
  let tooLong = 0
  let unanswered = 0
  const refused: string[] = []
  for (const { messages, answer, line } of examples) {
    if (needsAnswer && answer === null) {
      unanswered++
      continue
    }
    const asked = messages.at(-1)!.role === 'assistant' ? messages.slice(0, -1) : messages
    const built = renderer.buildGenerationPrompt(asked)
    if (!built.ok) refused.push(`line ${line}: ${built.error.message}`)
    else if (built.value.length > maxPromptTokens) tooLong++
    else prompts.push({ tokens: Int32Array.from(built.value), shown: shown(asked), answer })
  }
  const notes: string[] = []
  const of = `of ${examples.length} rows`
  if (unanswered > 0) notes.push(`${unanswered} ${of} have no answer for the reward to compare with and are left out.`)
  if (tooLong > 0) notes.push(`${tooLong} ${of} have prompts of more than ${maxPromptTokens} tokens and are left out.`)
  if (refused.length > 0) notes.push(`${refused.length} ${of} do not fit the renderer; the first is ${refused[0]}`)
  return { prompts, notes }
}

function shown(messages: Example['messages']): string {
  if (messages.length === 1) return messages[0]!.content
  return messages.map(({ role, content }) => `${role}: ${content}`).join('\n')
}

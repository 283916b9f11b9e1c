/** Rows as the probe of rewards wants them: those with an answer. */
import type { Example } from './example.ts'

export type AnsweredRow = { readonly prompt: string; readonly completion: string; readonly answer: string }

export function answeredRows(examples: readonly Example[]): readonly AnsweredRow[] {
  return examples.flatMap(({ messages, answer }) => {
    if (answer === null) return []
    const last = messages.at(-1)
    const prompt = messages.findLast(({ role }) => role === 'user')?.content ?? ''
    return [{ prompt, completion: last?.role === 'assistant' ? last.content : answer, answer }]
  })
}

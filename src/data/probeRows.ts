/** Rows as the probe of rewards wants them: those with an answer. */
import type { Example } from './example.ts'

export type AnsweredRow = {
  readonly prompt: string
  readonly completion: string
  readonly answer: string
  /** Everything before the answer. */
  readonly context: string
  /** It has a system message of its own. */
  readonly system: boolean
}

export function answeredRows(examples: readonly Example[]): readonly AnsweredRow[] {
  return examples.flatMap(({ messages, answer }) => {
    if (answer === null) return []
    const last = messages.at(-1)
    const prompt = messages.findLast(({ role }) => role === 'user')?.content ?? ''
    const before = last?.role === 'assistant' ? messages.slice(0, -1) : messages
    return [
      {
        prompt,
        completion: last?.role === 'assistant' ? last.content : answer,
        answer,
        context: before.map(({ content }) => content).join('\n'),
        system: messages[0]?.role === 'system',
      },
    ]
  })
}

/** A row after mapping: the conversation that prompts, and the answer if the row has one. */
export type Role = 'system' | 'user' | 'assistant'
export type Message = { readonly role: Role; readonly content: string }

export type Example = {
  /** Line of the source file, counted from 1. */
  readonly line: number
  /** Whole conversation; when the row has an answer, the last message is the assistant's. */
  readonly messages: readonly Message[]
  /** Reference for rewards: the answer column, or the last assistant message. */
  readonly answer: string | null
}

/** A cell that holds a conversation → messages. Understands `role/content`, `from/value`, text parts and JSON in a string. */
import type { Message, Role } from './example.ts'

const ROLES: ReadonlyMap<string, Role> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['human', 'user'],
  ['assistant', 'assistant'],
  ['gpt', 'assistant'],
  ['model', 'assistant'],
  ['bot', 'assistant'],
])

export type ConversationRead = { readonly messages: readonly Message[] } | { readonly problem: string }

/** The problem, if any, is a sentence that ends a diagnostic. */
export function readConversation(cell: unknown): ConversationRead {
  const turns = typeof cell === 'string' ? parseList(cell) : cell
  if (!Array.isArray(turns)) return { problem: 'it is not a list of messages' }
  if (turns.length === 0) return { problem: 'it has no messages' }
  const messages: Message[] = []
  for (const [i, turn] of turns.entries()) {
    const read = readTurn(turn)
    if (typeof read === 'string') return { problem: `message ${i + 1} ${read}` }
    messages.push(read)
  }
  return { messages }
}

function readTurn(turn: unknown): Message | string {
  if (typeof turn !== 'object' || turn === null) return 'is not an object with role and content'
  const { role, from, content, value } = turn as Record<string, unknown>
  const name = role ?? from
  const known = typeof name === 'string' ? ROLES.get(name.toLowerCase()) : undefined
  if (known === undefined) return `has the role ${JSON.stringify(name) ?? 'of nobody'}; use system, user or assistant`
  const text = readContent(content ?? value)
  if (text === null) return 'has no text as its content'
  return { role: known, content: text }
}

function readContent(content: unknown): string | null {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return null
  const parts = content.map((part: unknown) => {
    if (typeof part === 'string') return part
    const text = typeof part === 'object' && part !== null ? (part as Record<string, unknown>)['text'] : undefined
    return typeof text === 'string' ? text : null
  })
  return parts.every((part) => part !== null) ? parts.join('') : null
}

function parseList(text: string): unknown {
  if (!text.trimStart().startsWith('[')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Which columns mean what: detection over all rows, by the values first and the names second. */
import type { ColumnMapping } from '../ir/dataset.ts'
import { readConversation } from './conversation.ts'
import type { Row } from './rows.ts'

export type ChosenMapping = Exclude<ColumnMapping, { type: 'auto' }>

/** Names in use for each meaning, the most telling first; compared without case, spaces, dashes and underscores. */
const CONVERSATION = ['messages', 'conversations', 'conversation', 'chat', 'dialog', 'dialogue', 'turns']
const PROMPT = ['prompt', 'question', 'instruction', 'problem', 'query', 'input', 'user', 'source', 'text']
const ANSWER = [
  'answer',
  'completion',
  'response',
  'output',
  'target',
  'solution',
  'finalanswer',
  'groundtruth',
  'label',
]
const SYSTEM = ['system', 'systemprompt', 'systemmessage']

/** Null when no column can be the prompt. */
export function detectMapping(columns: readonly string[], rows: readonly Row[]): ChosenMapping | null {
  const conversation = mostUsed(columns, CONVERSATION, (column) =>
    count(rows, (row) => 'messages' in readConversation(row.values.get(column))),
  )
  if (conversation !== null) return { type: 'messages', messages: conversation }
  const filled = (column: string): number => count(rows, (row) => isFilledText(row.values.get(column)))
  const textual = columns.filter((column) => filled(column) > 0)
  const system = mostUsed(textual, SYSTEM, filled)
  const others = textual.filter((column) => column !== system)
  const named = mostUsed(others, PROMPT, filled)
  const prompt = named ?? (others.length <= 2 ? others.find((c) => !ANSWER.includes(bare(c))) : undefined) ?? null
  if (prompt === null) return null
  const rest = others.filter((column) => column !== prompt)
  const answer = mostUsed(rest, ANSWER, filled) ?? (rest.length === 1 && named === null ? rest[0]! : null)
  return { type: 'prompt', prompt, answer, system }
}

/** Columns that usually extend the prompt and that the mapping leaves out. */
export function overlookedColumns(columns: readonly string[], mapping: ChosenMapping): string[] {
  if (mapping.type !== 'prompt') return []
  const used = [mapping.prompt, mapping.answer, mapping.system]
  return columns.filter((column) => !used.includes(column) && ['input', 'context'].includes(bare(column)))
}

/** Of the columns that bear one of the names and hold something: the best name that half of the best count reaches. */
function mostUsed(
  columns: readonly string[],
  names: readonly string[],
  usable: (column: string) => number,
): string | null {
  const found = columns
    .map((column) => ({ column, rank: names.indexOf(bare(column)), usable: 0 }))
    .filter(({ rank }) => rank !== -1)
    .map((entry) => ({ ...entry, usable: usable(entry.column) }))
    .filter((entry) => entry.usable > 0)
  const most = Math.max(...found.map((entry) => entry.usable))
  const good = found.filter((entry) => entry.usable * 2 >= most).sort((a, b) => a.rank - b.rank)
  return good[0]?.column ?? null
}

function bare(column: string): string {
  return column.toLowerCase().replace(/[\s_-]+/g, '')
}

export function isFilledText(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== ''
  return typeof value === 'number' || typeof value === 'boolean'
}

function count(rows: readonly Row[], test: (row: Row) => boolean): number {
  return rows.reduce((n, row) => n + (test(row) ? 1 : 0), 0)
}

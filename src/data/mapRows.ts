/** Rows and a mapping → examples. Rows that cannot become one are reported with their line. */
import type { Example, Message } from './example.ts'
import type { ChosenMapping } from './mapping.ts'
import { readConversation } from './conversation.ts'
import { isFilledText } from './mapping.ts'
import type { RowReport } from './rowReport.ts'
import type { Row } from './rows.ts'

export function mapRows(rows: readonly Row[], mapping: ChosenMapping, report: RowReport): Example[] {
  const examples: Example[] = []
  for (const row of rows) {
    const example = mapping.type === 'messages' ? mapMessages(row, mapping, report) : mapPrompt(row, mapping, report)
    if (!example) continue
    if (example.messages.every((m) => m.content.isWellFormed()) && (example.answer ?? '').isWellFormed()) {
      examples.push(example)
    } else report.add('DA8014', row.line, 'This row holds half of a two-part character, which UTF-8 cannot write.')
  }
  return examples
}

type MessagesMapping = Extract<ChosenMapping, { type: 'messages' }>

function mapMessages(row: Row, mapping: MessagesMapping, report: RowReport): Example | null {
  const read = readConversation(row.values.get(mapping.messages))
  if ('problem' in read) {
    report.add('DA8013', row.line, `The conversation in "${mapping.messages}" is not usable: ${read.problem}.`)
    return null
  }
  if (!read.messages.some((m) => m.role === 'user')) {
    report.add('DA8012', row.line, `The conversation in "${mapping.messages}" has no message of the user.`)
    return null
  }
  const last = read.messages.at(-1)!
  return { line: row.line, messages: read.messages, answer: last.role === 'assistant' ? last.content : null }
}

type PromptMapping = Extract<ChosenMapping, { type: 'prompt' }>

function mapPrompt(row: Row, mapping: PromptMapping, report: RowReport): Example | null {
  const prompt = row.values.get(mapping.prompt)
  if (!isFilledText(prompt)) {
    report.add('DA8012', row.line, `The column "${mapping.prompt}" is empty in this row or does not hold text.`)
    return null
  }
  const messages: Message[] = []
  const system = mapping.system === null ? undefined : row.values.get(mapping.system)
  if (isFilledText(system)) messages.push({ role: 'system', content: String(system) })
  messages.push({ role: 'user', content: String(prompt) })
  const answer = mapping.answer === null ? undefined : row.values.get(mapping.answer)
  if (!isFilledText(answer)) return { line: row.line, messages, answer: null }
  messages.push({ role: 'assistant', content: String(answer) })
  return { line: row.line, messages, answer: String(answer) }
}

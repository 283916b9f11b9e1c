/** The whole way from text to examples: read, map, report. Everything else about datasets builds on this. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { DatasetRequest, DatasetSource, RowFormat } from '../ir/dataset.ts'
import type { Example } from './example.ts'
import { mapRows } from './mapRows.ts'
import { detectMapping, overlookedColumns } from './mapping.ts'
import type { ChosenMapping } from './mapping.ts'
import { readRows } from './readRows.ts'
import { rowReport } from './rowReport.ts'
import type { Row } from './rows.ts'

export type ExamplesRead = {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  readonly total: number
  /** Null when no column can be the prompt; then there are no examples. */
  readonly mapping: ChosenMapping | null
  readonly examples: readonly Example[]
  readonly diagnostics: readonly Diagnostic[]
}

/** @param text the file's text: an asset as stored, or the built-in set as JSONL */
export function readExamples(request: DatasetRequest, text: string): ExamplesRead {
  const { source } = request
  const { columns, rows, total, diagnostics } = readRows(formatOf(source), text, source.name)
  const report = rowReport(source.name)
  const mapping = request.mapping.type === 'auto' ? detectMapping(columns, rows) : request.mapping
  const missing = mapping === null ? [] : mappedColumns(mapping).filter((column) => !columns.includes(column))
  const readable = rows.length > 0
  if (mapping === null && readable) {
    const names = columns.map((c) => `"${c}"`).join(', ')
    report.add('DA8010', 1, `No column of ${names} looks like a prompt or a conversation; choose the columns by hand.`)
  }
  if (readable)
    for (const column of missing) report.add('DA8011', 1, `There is no column "${column}" in ${source.name}.`)
  if (mapping !== null && request.mapping.type === 'auto') {
    for (const column of overlookedColumns(columns, mapping))
      report.add(
        'DA8015',
        1,
        `The column "${column}" is not part of the prompt; merge it into one column if it should be.`,
      )
  }
  const usable = mapping !== null && missing.length === 0
  const examples = usable ? mapRows(rows, mapping, report) : []
  reportRepeats(examples, report)
  return { columns, rows, total, mapping, examples, diagnostics: [...diagnostics, ...report.diagnostics()] }
}

export function formatOf(source: DatasetSource): RowFormat {
  return source.type === 'builtin' ? 'jsonl' : source.format
}

function mappedColumns(mapping: ChosenMapping): string[] {
  if (mapping.type === 'messages') return [mapping.messages]
  return [mapping.prompt, mapping.answer, mapping.system].filter((column) => column !== null)
}

/** The same prompt on both sides of a split would make the held-out score a lie. */
function reportRepeats(examples: readonly Example[], report: ReturnType<typeof rowReport>): void {
  const seen = new Set<string>()
  let repeats = 0
  let line = 0
  for (const example of examples) {
    const end = example.messages.at(-1)!.role === 'assistant' ? -1 : undefined
    const prompt = JSON.stringify(example.messages.slice(0, end).map((m) => [m.role, m.content]))
    if (!seen.has(prompt)) seen.add(prompt)
    else if (repeats++ === 0) line = example.line
  }
  if (repeats === 0) return
  const rows = repeats === 1 ? 'One row repeats' : `${repeats} rows repeat`
  report.add(
    'DA8016',
    line,
    `${rows} the prompt of an earlier row, the first on line ${line}; a held-out row may be one.`,
  )
}

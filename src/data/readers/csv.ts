/** CSV with a header line, by papaparse; rows keep the line they begin on, also when quoted fields hold line breaks. */
import Papa from 'papaparse'
import type { Row } from '../rows.ts'
import type { RowReport } from '../rowReport.ts'

/** Each restart behind a quote that never closes scans the rest of the file again. */
const MOST_RESTARTS = 50

type Record_ = { readonly fields: readonly string[]; readonly offset: number; readonly problem: string | null }

export function readCsv(text: string, report: RowReport): { rows: Row[]; total: number; columns: string[] } {
  const records = [...readRecords(text)].filter((r) => r.fields.length > 1 || r.fields[0] !== '' || r.problem !== null)
  const lineOf = lineCounter(text)
  const [header, ...body] = records
  if (!header) return { rows: [], total: 0, columns: [] }
  const columns = readHeader(header, lineOf(header.offset), report)
  if (!columns) return { rows: [], total: body.length, columns: [] }
  const rows: Row[] = []
  for (const record of body) {
    const line = lineOf(record.offset)
    if (record.problem !== null) {
      report.add('DA8003', line, record.problem)
    } else if (record.fields.length !== columns.length) {
      const found = record.fields.length
      const names = columns.length
      report.add('DA8004', line, `This row has ${found} fields, the header ${names}; quote fields that hold commas.`)
    } else rows.push({ line, values: new Map(columns.map((name, i) => [name, record.fields[i]!])) })
  }
  return { rows, total: body.length, columns }
}

function readHeader(header: Record_, line: number, report: RowReport): string[] | null {
  const names = header.fields.map((name) => name.trim())
  const empty = names.indexOf('')
  const repeated = names.find((name, i) => names.indexOf(name) !== i)
  if (header.problem !== null) report.add('DA8005', line, `The header cannot be read: ${header.problem}`)
  else if (empty !== -1) report.add('DA8005', line, `Column ${empty + 1} has no name in the header; give it one.`)
  else if (repeated !== undefined) report.add('DA8005', line, `Two columns are called "${repeated}"; rename one.`)
  else return names
  return null
}

function* readRecords(text: string): Generator<Record_> {
  const delimiter = guessDelimiter(text)
  let start = 0
  for (let restarts = 0; start < text.length; restarts++) {
    const { records, brokenAt } = readFrom(text, start, delimiter)
    yield* records
    if (brokenAt === null) return
    const nextLine = text.indexOf('\n', brokenAt) + 1
    const last = restarts === MOST_RESTARTS
    const rest = last ? ' Too many rows are like this: the rest of the file is not read.' : ''
    const problem = `The quotes that open on this line are not closed; write a quote inside a field as "".${rest}`
    yield { fields: [], offset: brokenAt, problem }
    if (last || nextLine === 0) return
    start = nextLine
  }
}

/** Reads until a row whose quotes run on into later lines: what they swallowed is read again from the next line. */
function readFrom(text: string, start: number, delimiter: string): { records: Record_[]; brokenAt: number | null } {
  const records: Record_[] = []
  let offset = start
  let brokenAt: number | null = null
  Papa.parse<string[]>(text.slice(start), {
    delimiter,
    newline: '\n',
    step({ data, errors, meta }, parser) {
      const end = start + meta.cursor
      const invalid = errors.some((e) => e.code === 'InvalidQuotes')
      const oneLine = !text.slice(offset, end - 1).includes('\n')
      if (errors.some((e) => e.code === 'MissingQuotes') || (invalid && !oneLine)) {
        brokenAt = offset
        parser.abort()
        return
      }
      const problem = invalid ? 'Text follows a closing quote; write a quote inside a quoted field as "".' : null
      records.push({ fields: withoutReturn(data, text, end), offset, problem })
      offset = end
    },
  })
  return { records, brokenAt }
}

/** Takes the CR of a CRLF off an unquoted last field; inside quotes it belongs to the value. */
function withoutReturn(fields: readonly string[], text: string, end: number): readonly string[] {
  const last = fields.at(-1) ?? ''
  const closed = text[end - 1] === '\n' ? end - 1 : end
  if (!last.endsWith('\r') || !text.endsWith(last, closed)) return fields
  return [...fields.slice(0, -1), last.slice(0, -1)]
}

/** The separator that the header line holds most of; files with one column have none and get the comma. */
function guessDelimiter(text: string): string {
  const header = /^(?:"(?:[^"]|"")*"|[^\r\n"])*/.exec(text)?.[0] ?? ''
  const bare = header.replace(/"(?:[^"]|"")*"/g, '')
  const counted = [',', '\t', ';'].map((d) => ({ d, count: bare.split(d).length - 1 }))
  return counted.reduce((best, next) => (next.count > best.count ? next : best)).d
}

function lineCounter(text: string): (offset: number) => number {
  let line = 1
  let at = 0
  return (offset) => {
    for (; at < offset; at++) if (text.charCodeAt(at) === 10) line++
    return line
  }
}

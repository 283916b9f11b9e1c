/** One JSON value of a file → a row, or the reason why not. Shared by the JSON and JSONL readers. */
import type { Row } from '../rows.ts'
import type { RowReport } from '../rowReport.ts'

/** Parses `text` as one row beginning at `line`; problems go to the report. */
export function readJsonObject(text: string, line: number, report: RowReport): Row | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    report.add('DA8001', line, `This row is not valid JSON: ${reason(error)}.`)
    return null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report.add('DA8002', line, `A row must be an object like {"prompt": …, "answer": …}, but this is ${nameOf(value)}.`)
    return null
  }
  const values = new Map<string, unknown>(Object.entries(value))
  for (const [column, cell] of values) {
    if (typeof cell !== 'number' || Math.abs(cell) <= Number.MAX_SAFE_INTEGER) continue
    report.add('DA8008', line, `The number in "${column}" has more digits than can be kept; write it as a string.`)
  }
  return { line, values }
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message
    .replace(/ in JSON at position.*$/s, '')
    .replace(/, (\.{3})?"[^]* is not valid JSON$/, '')
    .replace(/\.$/, '')
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

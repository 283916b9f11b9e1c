/** One JSON object per line; blank lines are skipped. Only LF and CRLF end a line: JSON may hold U+2028 in strings. */
import type { Row } from '../rows.ts'
import type { RowReport } from '../rowReport.ts'
import { readJsonObject } from './jsonObject.ts'

export function readJsonl(text: string, report: RowReport): { rows: Row[]; total: number } {
  const rows: Row[] = []
  let total = 0
  let line = 0
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at)
    const next = end === -1 ? text.length : end
    line++
    const source = text.slice(at, next).trim()
    at = next + 1
    if (source === '') continue
    total++
    const row = readJsonObject(source, line, report)
    if (row) rows.push(row)
  }
  return { rows, total }
}

/** Text of a file in any supported format → rows with line numbers; broken rows are reported and the rest kept. */
import type { RowFormat } from '../ir/dataset.ts'
import { readCsv } from './readers/csv.ts'
import { readJson } from './readers/json.ts'
import { readJsonl } from './readers/jsonl.ts'
import { rowReport } from './rowReport.ts'
import type { RowReport } from './rowReport.ts'
import { columnsOf } from './rows.ts'
import type { Row, RowsRead } from './rows.ts'

/** @param source name of the file as people know it; it becomes the place of the diagnostics */
export function readRows(format: RowFormat, text: string, source: string): RowsRead {
  const report = rowReport(source)
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text
  const { rows, total, columns } = READERS[format](plain, report)
  if (total === 0) report.add('DA8006', 1, `${source} holds no rows.`)
  return { columns: columns ?? columnsOf(rows), rows, total, diagnostics: report.diagnostics() }
}

type Reader = (text: string, report: RowReport) => { rows: Row[]; total: number; columns?: string[] }

const READERS: Readonly<Record<RowFormat, Reader>> = { csv: readCsv, json: readJson, jsonl: readJsonl }

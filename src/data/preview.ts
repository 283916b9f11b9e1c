/** First rows of a dataset as found and as mapped, for a table that a person reads. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { DatasetRequest } from '../ir/dataset.ts'
import type { Example } from './example.ts'
import { readExamples } from './readExamples.ts'

export type RowPreview = {
  readonly columns: readonly string[]
  readonly raw: readonly { readonly line: number; readonly values: { readonly [column: string]: string } }[]
  readonly mapped: readonly Example[]
  readonly diagnostics: readonly Diagnostic[]
}

/** @param limit rows in `raw` and in `mapped`; diagnostics are of all rows */
export function previewRows(request: DatasetRequest, text: string, limit: number): RowPreview {
  const { columns, rows, examples, diagnostics } = readExamples(request, text)
  const raw = rows.slice(0, limit).map(({ line, values }) => ({
    line,
    values: Object.fromEntries([...values].map(([column, cell]) => [column, shown(cell)])),
  }))
  return { columns, raw, mapped: examples.slice(0, limit), diagnostics }
}

function shown(cell: unknown): string {
  return typeof cell === 'string' ? cell : (JSON.stringify(cell) ?? '')
}

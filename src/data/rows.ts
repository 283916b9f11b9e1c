/** Rows as read from a file, before any column means anything. */
import type { Diagnostic } from '../base/diagnostic.ts'

export type Row = {
  /** Where the row begins in the file, counted from 1. */
  readonly line: number
  /** Values as JSON gave them; CSV gives strings. */
  readonly values: ReadonlyMap<string, unknown>
}

export type RowsRead = {
  /** In the order of first appearance over all rows. */
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  /** Rows that the file holds, broken ones included. */
  readonly total: number
  readonly diagnostics: readonly Diagnostic[]
}

export function columnsOf(rows: readonly Row[]): string[] {
  const seen = new Set<string>()
  for (const row of rows) for (const column of row.values.keys()) seen.add(column)
  return [...seen]
}

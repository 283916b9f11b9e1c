/** A file of rows → the asset that a document keeps, and its format. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { diagnoser } from '../base/diagnostic.ts'
import type { AssetId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { AssetRec } from '../graph/model.ts'
import type { RowFormat } from '../ir/dataset.ts'
import { importCodes } from './importCodes.ts'

export type DatasetFile = { readonly asset: AssetRec; readonly format: RowFormat }

/** Files live inside the document, which is saved whole: beyond this every save would be felt. */
export const MAX_FILE_BYTES = 20_000_000

const diagnose = diagnoser(importCodes)
const MEDIA: Readonly<Record<RowFormat, string>> = {
  jsonl: 'application/jsonl',
  json: 'application/json',
  csv: 'text/csv',
}

/** The ending decides the format where it says one, else the first character does. Text is kept exactly as it was given. */
export function datasetFile(name: string, text: string): Result<DatasetFile, Diagnostic> {
  const at = { on: 'document' } as const
  if (text.trim() === '') return err(diagnose('IM7101', at, `${name} is empty: there are no rows in it.`))
  if (text.length > MAX_FILE_BYTES) {
    return err(
      diagnose('IM7102', at, `${name} is too large: up to ${MAX_FILE_BYTES / 1e6} MB can be kept in a document.`),
    )
  }
  if (text.slice(0, 4096).includes('\u0000')) {
    return err(diagnose('IM7103', at, `${name} is not text. Rows can be JSONL, JSON or CSV.`))
  }
  const format = formatOf(name, text)
  const id = sha256Hex(text) as AssetId
  return ok({ asset: { id, name: named(name, format), mediaType: MEDIA[format], text }, format })
}

function formatOf(name: string, text: string): RowFormat {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase()
  if (ending === 'jsonl' || ending === 'ndjson') return 'jsonl'
  if (ending === 'csv' || ending === 'tsv') return 'csv'
  const start = text.trimStart().replace(/^\ufeff/, '')
  if (start.startsWith('[')) return 'json'
  if (start.startsWith('{')) return ending === 'json' && !isLines(start) ? 'json' : 'jsonl'
  return 'csv'
}

/** A `.json` file often holds one object a line. */
function isLines(text: string): boolean {
  const first = text.split('\n', 1)[0]!
  try {
    JSON.parse(first)
    return text.trim() !== first.trim()
  } catch {
    return false
  }
}

function named(name: string, format: RowFormat): string {
  return /\.[a-z]+$/i.test(name) ? name : `${name}.${format}`
}

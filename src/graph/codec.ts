/** Files ↔ documents. Reading never throws: whatever was in the file, there is a document or a reason, and what was wrong. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { DocId } from '../base/ids.ts'
import { sha256Hex } from '../base/sha256.ts'
import { graphDiagnostic } from './codes.ts'
import { isRecord, own } from './json.ts'
import type { PlainRecord } from './json.ts'
import { fileMigrations } from './migrations/index.ts'
import { FORMAT, FORMAT_VERSION } from './model.ts'
import type { GraphDoc } from './model.ts'
import { printJson } from './print.ts'
import { isSafeId, leftOver, readRecords } from './readRecords.ts'

export type Opened = {
  /** null when there is nothing in the file that could be a graph. */
  readonly doc: GraphDoc | null
  readonly diagnostics: readonly Diagnostic[]
}

const AT = { on: 'document' } as const

export function parseDoc(text: string): Opened {
  const read = readJson(text)
  if (!read.ok) return { doc: null, diagnostics: [read.diagnostic] }
  return readDoc(read.value, `d_${sha256Hex(text.toWellFormed()).slice(0, 16)}` as DocId)
}

/** JSON with sorted keys and one fact per line; the same document always gives the same text. */
export function serialiseDoc(doc: GraphDoc): string {
  const assets = Object.fromEntries(
    Object.entries(doc.assets).map(([id, asset]) => [id, { ...asset, text: asset.text.split('\n') }]),
  )
  return printJson({ ...doc, assets })
}

/** Reads a parsed file, or whatever was stored. `fallbackId` is for a file that has no usable id. */
export function readDoc(value: unknown, fallbackId: DocId, migrations: typeof fileMigrations = fileMigrations): Opened {
  if (!isRecord(value) || (own(value, 'format') !== FORMAT && !isRecord(own(value, 'nodes')))) {
    const message = 'This is not a Tunegraph file: it has neither the format’s mark nor nodes.'
    return { doc: null, diagnostics: [graphDiagnostic('GR1002', AT, message)] }
  }
  const report: Diagnostic[] = []
  if (own(value, 'format') !== FORMAT) report.push(repaired('The mark of the format was missing and is added.'))
  const file = upToDate(value, report, migrations)
  const id = own(file, 'id')
  const title = own(file, 'title')
  const goodId = typeof id === 'string' && isSafeId(id)
  if (!goodId) report.push(repaired('The document had no usable id and got one.'))
  const goodTitle = typeof title === 'string' && title.isWellFormed()
  if (!goodTitle) report.push(repaired('The title of the document was not valid and is repaired.'))
  leftOver(file, ['format', 'version', 'id', 'title', 'nodes', 'edges', 'assets'], AT, report)
  const doc: GraphDoc = {
    format: FORMAT,
    version: FORMAT_VERSION,
    id: goodId ? (id as DocId) : fallbackId,
    title: typeof title === 'string' ? title.toWellFormed() : 'Untitled',
    ...readRecords(file, report),
  }
  return { doc, diagnostics: report }
}

export function readJson(text: string): { ok: true; value: unknown } | { ok: false; diagnostic: Diagnostic } {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    return { ok: false, diagnostic: graphDiagnostic('GR1001', AT, `The file is not JSON: ${why}.`) }
  }
}

/** A newer file is read as far as it is understood; an older one is migrated, or read as it is when that fails. */
function upToDate(file: PlainRecord, report: Diagnostic[], migrations: typeof fileMigrations): PlainRecord {
  const version = own(file, 'version')
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    report.push(repaired('The version of the format was missing; the file is read as a current one.'))
    return file
  }
  if (version > migrations.current) {
    const message = `The file was saved by a newer Tunegraph (format ${version}, here ${migrations.current}); it is read as far as it is understood. Save it under another name to keep the original.`
    report.push(graphDiagnostic('GR1003', AT, message, { data: { version } }))
    return file
  }
  const upgraded = migrations.upgrade(file, version)
  if (upgraded.ok) return upgraded.value
  const message = `The file of format ${version} could not be brought up to date: ${upgraded.error}. It is read as it is.`
  report.push(graphDiagnostic('GR1004', AT, message, { data: { version } }))
  return file
}

function repaired(message: string): Diagnostic {
  return graphDiagnostic('GR1006', AT, message)
}

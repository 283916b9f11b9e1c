/** Nodes, wires and files out of untrusted JSON: keeps what can be kept, repairs what can be repaired, and says what it did. */
import type { Diagnostic, Locus } from '../base/diagnostic.ts'
import type { AssetId, EdgeId, NodeId } from '../base/ids.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { Json } from '../base/canonicalJson.ts'
import { graphDiagnostic } from './codes.ts'
import { cleanJson, isJson, isRecord, own } from './json.ts'
import type { PlainRecord } from './json.ts'
import type { AssetRec, EdgeRec, GraphDoc, NodeRec, Params, PortRef } from './model.ts'

export type Records = Pick<GraphDoc, 'nodes' | 'edges' | 'assets'>

type Report = Diagnostic[]

const DOCUMENT: Locus = { on: 'document' }
const MAX_NAME = 200

export function readRecords(file: PlainRecord, report: Report): Records {
  const { assets, renamed } = readAssets(own(file, 'assets'), report)
  const { nodes, ids } = readNodes(own(file, 'nodes'), renamed, report)
  return { nodes, edges: readEdges(own(file, 'edges'), ids, report), assets }
}

/** Ids become keys of records and names on backends, so they are plain and never those of Object's own members. */
export function isSafeId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(id) && !(id in Object.prototype)
}

function readNodes(
  value: unknown,
  renamedAssets: ReadonlyMap<string, string>,
  report: Report,
): { nodes: { [id: string]: NodeRec }; ids: ReadonlyMap<string, NodeId> } {
  const nodes: { [id: string]: NodeRec } = {}
  const ids = new Map<string, NodeId>()
  for (const [key, raw] of members(value, 'nodes', report)) {
    const kind = isRecord(raw) ? own(raw, 'kind') : undefined
    if (!isRecord(raw) || typeof kind !== 'string' || kind === '' || kind.length > MAX_NAME || !kind.isWellFormed()) {
      report.push(
        graphDiagnostic('GR1005', DOCUMENT, `The node “${key}” has no kind and is left out.`, { data: { key } }),
      )
      continue
    }
    const id = readId<NodeId>(key, raw, 'n', nodes, report)
    ids.set(key, id)
    nodes[id] = readNode(id, kind, raw, renamedAssets, report)
  }
  return { nodes, ids }
}

function readNode(
  id: NodeId,
  kind: string,
  raw: PlainRecord,
  renamedAssets: ReadonlyMap<string, string>,
  report: Report,
): NodeRec {
  const repaired = (what: string): void => {
    report.push(
      graphDiagnostic('GR1006', { on: 'node', node: id }, `The ${what} of node “${id}” was not valid and is repaired.`),
    )
  }
  const version = own(raw, 'kindVersion')
  const title = own(raw, 'title')
  const position = own(raw, 'position')
  const params = own(raw, 'params')
  const goodVersion = typeof version === 'number' && Number.isSafeInteger(version) && version >= 1
  const goodTitle = typeof title === 'string' && title.isWellFormed()
  const goodParams = isRecord(params) && isJson(params)
  const place = readPosition(position)
  if (!goodVersion) repaired('version')
  if (!goodTitle) repaired('title')
  if (!place) repaired('position')
  if (!goodParams) repaired('params')
  const extras = readExtras(raw, repaired)
  const known = ['id', 'kind', 'kindVersion', 'title', 'position', 'params', 'mode', 'pin', 'bindings']
  leftOver(raw, known, { on: 'node', node: id }, report)
  const kept = isRecord(params) ? (cleanJson(params) as Params) : {}
  return {
    id,
    kind,
    kindVersion: goodVersion ? version : 1,
    title: typeof title === 'string' ? title.toWellFormed() : '',
    params: renamedAssets.size > 0 ? (renameAssets(kept, renamedAssets) as Params) : kept,
    position: place ?? { x: 0, y: 0 },
    ...extras,
  }
}

/** What most nodes do not have; absent members stay absent, so that files do not grow. */
function readExtras(raw: PlainRecord, repaired: (what: string) => void): Pick<NodeRec, 'mode' | 'pin' | 'bindings'> {
  const mode = own(raw, 'mode')
  const pin = own(raw, 'pin')
  const bindings = own(raw, 'bindings')
  const goodMode = mode === 'bypass' || mode === 'mute'
  const goodPin = typeof pin === 'string' && /^[0-9a-f]{64}$/.test(pin)
  const names = isRecord(bindings)
    ? Object.entries(bindings).filter(
        (entry): entry is [string, string] =>
          isSafeId(entry[0]) && typeof entry[1] === 'string' && entry[1] !== '' && entry[1].isWellFormed(),
      )
    : []
  const whole = isRecord(bindings) && names.length === Object.keys(bindings).length
  if (mode !== undefined && !goodMode) repaired('mode')
  if (pin !== undefined && !goodPin) repaired('pin')
  if (bindings !== undefined && !whole) repaired('list of bound fields')
  return {
    ...(goodMode ? { mode } : {}),
    ...(goodPin ? { pin } : {}),
    ...(names.length > 0 ? { bindings: Object.fromEntries(names) } : {}),
  }
}

function readPosition(value: unknown): { x: number; y: number } | null {
  if (!isRecord(value)) return null
  const x = own(value, 'x')
  const y = own(value, 'y')
  const finite = typeof x === 'number' && typeof y === 'number' && Number.isFinite(x) && Number.isFinite(y)
  return finite ? { x: x + 0, y: y + 0 } : null
}

function readEdges(value: unknown, nodes: ReadonlyMap<string, NodeId>, report: Report): { [id: string]: EdgeRec } {
  const edges: { [id: string]: EdgeRec } = {}
  const seen = new Set<string>()
  for (const [key, raw] of members(value, 'edges', report)) {
    const from = isRecord(raw) ? readPortRef(own(raw, 'from'), nodes) : null
    const to = isRecord(raw) ? readPortRef(own(raw, 'to'), nodes) : null
    const ends = JSON.stringify([from, to])
    const reason = !from || !to ? 'one of its ends is missing' : seen.has(ends) ? 'it is there twice' : null
    if (reason || !from || !to) {
      report.push(graphDiagnostic('GR1008', DOCUMENT, `The wire “${key}” is left out: ${reason}.`, { data: { key } }))
      continue
    }
    seen.add(ends)
    const id = readId<EdgeId>(key, raw as PlainRecord, 'e', edges, report)
    leftOver(raw as PlainRecord, ['id', 'from', 'to'], { on: 'edge', edge: id }, report)
    edges[id] = { id, from, to }
  }
  return edges
}

function readPortRef(value: unknown, nodes: ReadonlyMap<string, NodeId>): PortRef | null {
  if (!isRecord(value)) return null
  const node = own(value, 'node')
  const port = own(value, 'port')
  if (typeof node !== 'string' || typeof port !== 'string' || port.length > MAX_NAME || !port.isWellFormed())
    return null
  const id = nodes.get(node)
  return id === undefined ? null : { node: id, port }
}

/** A file's id is the hash of its text; one that was edited by hand gets its true id, also where params mention it. */
function readAssets(
  value: unknown,
  report: Report,
): { assets: { [id: string]: AssetRec }; renamed: ReadonlyMap<string, string> } {
  const assets: { [id: string]: AssetRec } = {}
  const renamed = new Map<string, string>()
  for (const [key, raw] of members(value, 'assets', report)) {
    const text = isRecord(raw) ? readText(own(raw, 'text')) : null
    if (!isRecord(raw) || text === null) {
      const message = `The file “${key}” in the document has no text and is left out.`
      report.push(graphDiagnostic('GR1009', DOCUMENT, message, { data: { key } }))
      continue
    }
    const id = sha256Hex(text) as AssetId
    if (id !== key) {
      renamed.set(key, id)
      const message = `The text of the file “${key}” in the document was changed by hand; it is used as it is now.`
      report.push(graphDiagnostic('GR1009', DOCUMENT, message, { data: { key, id } }))
    }
    const name = own(raw, 'name')
    const mediaType = own(raw, 'mediaType')
    assets[id] = {
      id,
      name: typeof name === 'string' ? name.toWellFormed() : 'file',
      mediaType: typeof mediaType === 'string' ? mediaType.toWellFormed() : 'text/plain',
      text,
    }
  }
  return { assets, renamed }
}

/** Written as a list of lines, so that a changed row is a changed line; one string is fine, too. */
function readText(value: unknown): string | null {
  const lines = Array.isArray(value) ? (value as unknown[]) : [value]
  return lines.every((line): line is string => typeof line === 'string') ? lines.join('\n').toWellFormed() : null
}

function renameAssets(value: Json, renamed: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string') return renamed.get(value) ?? value
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item: Json) => renameAssets(item, renamed))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renameAssets(item as Json, renamed)]))
}

function members(value: unknown, part: string, report: Report): [string, unknown][] {
  if (isRecord(value)) return Object.entries(value)
  if (value !== undefined) {
    report.push(graphDiagnostic('GR1006', DOCUMENT, `The ${part} of the document were not a record and are left out.`))
  }
  return []
}

/** The key in the record decides; an unsafe one is replaced by a free id that depends on nothing but the file. */
function readId<T extends string>(
  key: string,
  raw: PlainRecord,
  prefix: string,
  taken: PlainRecord,
  report: Report,
): T {
  let id = key
  if (!isSafeId(key) || Object.hasOwn(taken, key)) {
    for (let n = 1; id === key || Object.hasOwn(taken, id); n++) id = `${prefix}_repaired_${n}`
  } else if (own(raw, 'id') === key) return key as T
  const message = `The id “${key.slice(0, MAX_NAME)}” in the file was not usable as it stood; it is now “${id}”.`
  report.push(graphDiagnostic('GR1007', DOCUMENT, message, { data: { key: key.slice(0, MAX_NAME), id } }))
  return id as T
}

export function leftOver(raw: PlainRecord, known: readonly string[], at: Locus, report: Report): void {
  const unknown = Object.keys(raw).filter((key) => !known.includes(key))
  if (unknown.length === 0) return
  const shown = unknown.slice(0, 8).join(', ')
  const message = `Not understood and left out: ${shown}${unknown.length > 8 ? ' …' : ''}.`
  report.push(graphDiagnostic('GR1010', at, message, { data: { members: unknown.slice(0, 100) } }))
}

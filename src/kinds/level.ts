/** A group that is open: a lens from the whole document to the drawing inside it and back, however deep it lies. */
import type { AssetRec, GraphDoc } from '../graph/model.ts'
import { groupOf } from '../graph/nested.ts'
import type { DraftDoc } from '../graph/ops.ts'
import { assetsOfNode } from '../graph/query.ts'
import type { NodeKind } from './contract.ts'
import { drawingInside, readGroup } from './openGroup.ts'
import { putInside } from './putGroup.ts'
import { railKinds } from './rails.ts'
import type { Registry } from './registry.ts'

export type Level = {
  /** Id of the group as the compiler calls it, e.g. `outer/inner`. */
  readonly path: string
  /** Kinds of the cards that only an open group has. */
  readonly kinds: ReadonlyMap<string, NodeKind>
  /** What is inside; null when there is no such group (any more) or it cannot be read. The same object for the same document. */
  get(doc: GraphDoc): GraphDoc | null
  /** The document with that inside; the same object when nothing is different. */
  put(doc: GraphDoc, inside: GraphDoc): GraphDoc
  /** The same as an edit of the document's draft: only records that are different are touched. */
  write(draft: DraftDoc, doc: GraphDoc, inside: GraphDoc): void
  /** The level around this one; null where that is the whole document. */
  readonly outer: Level | null
}

/** The lens laws hold: put(d, get(d)) = d, and get(put(d, x)) is x as a group can hold it. */
export function levelAt(registry: Registry, path: string): Level {
  function putInto(doc: GraphDoc, after: GraphDoc): GraphDoc {
    const made = put(registry, doc, path, after)
    return made === doc ? doc : { ...made, assets: assetsOf(doc, made) }
  }
  return {
    path,
    kinds: railKinds,
    get: (doc) => inside(registry, doc, path),
    put: putInto,
    write: (draft, doc, after) => write(draft, doc, putInto(doc, after)),
    outer: groupOf(path) === '' ? null : levelAt(registry, groupOf(path)),
  }
}

function write(draft: DraftDoc, before: GraphDoc, after: GraphDoc): void {
  if (before.title !== after.title) draft.title = after.title
  for (const part of ['nodes', 'edges', 'assets'] as const) {
    const records: Record<string, unknown> = draft[part]
    for (const id of Object.keys(before[part])) if (!Object.hasOwn(after[part], id)) delete records[id]
    for (const [id, record] of Object.entries(after[part])) if (before[part][id] !== record) records[id] = record
  }
}

type Found = { readonly of: WeakMap<GraphDoc, Map<string, GraphDoc | null>>; readonly last: Map<string, GraphDoc> }

const known = new WeakMap<Registry, Found>()

function inside(registry: Registry, doc: GraphDoc, path: string): GraphDoc | null {
  let found = known.get(registry)
  if (!found) known.set(registry, (found = { of: new WeakMap(), last: new Map() }))
  let levels = found.of.get(doc)
  if (!levels) found.of.set(doc, (levels = new Map()))
  let drawing = levels.get(path)
  if (drawing !== undefined) return drawing
  const around = groupOf(path) === '' ? doc : inside(registry, doc, groupOf(path))
  const group = around && readGroup(registry, around, path)
  const last = found.last.get(path)
  drawing = around && group ? kept(last, drawingInside(registry, around, group)) : null
  levels.set(path, drawing)
  if (drawing) found.last.set(path, drawing)
  return drawing
}

function put(registry: Registry, doc: GraphDoc, path: string, after: GraphDoc): GraphDoc {
  const outer = groupOf(path)
  const around = outer === '' ? doc : inside(registry, doc, outer)
  const before = inside(registry, doc, path)
  const group = around && readGroup(registry, around, path)
  if (!around || !before || !group || before === after) return doc
  const changed = putInside(registry, around, group, before, after)
  const same =
    changed.nodes === around.nodes &&
    changed.edges === around.edges &&
    changed.title === around.title &&
    changed.assets === around.assets
  if (same) return doc
  return outer === '' ? changed : put(registry, doc, outer, changed)
}

/** Whoever edits inside sees only a part of the nodes: a file that they no longer need may be needed elsewhere. */
function assetsOf(before: GraphDoc, after: GraphDoc): GraphDoc['assets'] {
  const dropped = Object.values(before.assets).filter(({ id }) => !Object.hasOwn(after.assets, id))
  if (dropped.length === 0) return after.assets
  const used = new Set(Object.values(after.nodes).flatMap((node) => assetsOfNode(before, node)))
  const needed = dropped.filter(({ id }) => used.has(id))
  return { ...after.assets, ...Object.fromEntries(needed.map((asset): [string, AssetRec] => [asset.id, asset])) }
}

/** Reading a group makes every record anew; what is equal stays the object that it was, so that nothing is drawn again. */
function kept(last: GraphDoc | undefined, next: GraphDoc): GraphDoc {
  if (!last) return next
  return { ...next, nodes: keptRecords(last.nodes, next.nodes), edges: keptRecords(last.edges, next.edges) }
}

function keptRecords<T extends object>(
  last: Readonly<Record<string, T>>,
  next: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  let all = Object.keys(last).length === Object.keys(next).length
  const records = Object.entries(next).map(([id, rec]): [string, T] => {
    const before = Object.hasOwn(last, id) ? last[id]! : null
    const record = before === null ? rec : keptRecord(before, rec)
    all &&= record === before
    return [id, record]
  })
  return all ? last : Object.fromEntries(records)
}

/** Params keep their identity also when their node has moved: what is computed from them is remembered by it. */
function keptRecord<T extends object>(before: T, rec: T): T {
  if (before === rec || JSON.stringify(before) === JSON.stringify(rec)) return before
  if (!('params' in rec) || !('params' in before)) return rec
  return JSON.stringify(before.params) === JSON.stringify(rec.params) ? { ...rec, params: before.params } : rec
}

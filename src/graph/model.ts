/** What a drawing is: plain, serialisable data. Entities sit in records keyed by id, so patches are stable. */
import type { AssetId, DocId, EdgeId, NodeId } from '../base/ids.ts'
import type { Json } from '../base/canonicalJson.ts'

export const FORMAT = 'tunegraph'
/** Version of the document format; `migrations/` brings older files up to it. */
export const FORMAT_VERSION = 1

export type Params = { readonly [field: string]: Json }

export type NodeRec = {
  readonly id: NodeId
  readonly kind: string
  /** Version of the kind's params; the kind's own migrations bring older ones up. */
  readonly kindVersion: number
  /** Name given by a person; empty means the kind's own title. */
  readonly title: string
  readonly params: Params
  readonly position: { readonly x: number; readonly y: number }
  /** `bypass` hands its input on as if it were not there; `mute` leaves it out with all that cannot do without it. */
  readonly mode?: NodeMode
  /** Key of the earlier result that this node's stage keeps, whatever its settings say now. */
  readonly pin?: string
  /** Fields that take their value from a graph parameter, by its name; the param itself is kept for when they are freed. */
  readonly bindings?: { readonly [field: string]: string }
}

export type NodeMode = 'bypass' | 'mute'

export type PortRef = { readonly node: NodeId; readonly port: string }

export type EdgeRec = { readonly id: EdgeId; readonly from: PortRef; readonly to: PortRef }

/** A file that the drawing needs to open elsewhere, stored once by content. `text` is the file as it was given. */
export type AssetRec = {
  readonly id: AssetId
  readonly name: string
  readonly mediaType: string
  readonly text: string
}

export type GraphDoc = {
  readonly format: typeof FORMAT
  readonly version: number
  readonly id: DocId
  readonly title: string
  readonly nodes: { readonly [id: string]: NodeRec }
  readonly edges: { readonly [id: string]: EdgeRec }
  readonly assets: { readonly [id: string]: AssetRec }
}

export function emptyDoc(id: DocId, title = 'Untitled'): GraphDoc {
  return { format: FORMAT, version: FORMAT_VERSION, id, title, nodes: {}, edges: {}, assets: {} }
}

/** What flattening leaves: a drawing without groups, detours and sweeps, and the way back to the cards that people see. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { EdgeRec, GraphDoc, NodeRec } from '../../graph/model.ts'
import type { Scalar, Variant } from '../../ir/pipelineConfig.ts'

export type FlatDoc = {
  /** Ids of nodes inside groups and of a sweep's copies are the compiler's own; no person can write them. */
  readonly doc: GraphDoc
  /** The node that a copy was made from; any other id is its own origin. */
  origin(id: string): string
  /** The card of the document that a node belongs to: itself, or the outermost group that it lies in. */
  card(id: string): string
  /** The promoted param of a group's card that sets a field inside; null when the field is set inside alone. */
  promoted(id: string, field: string): string | null
  /** Where the value of a graph parameter is kept. */
  holder(parameter: string): ParameterHolder | null
  readonly variants: ReadonlyMap<string, readonly Variant[]>
  /** Cards inside groups by their flat id, for the plan. */
  readonly cards: ReadonlyMap<string, string>
  readonly diagnostics: readonly Diagnostic[]
}

/** The node of a graph parameter, the param that holds its value, and the value. */
export type ParameterHolder = { readonly node: string; readonly field: string; readonly value: Scalar }

/** A drawing while it is being flattened: as a document, but with room to change. */
export type Work = {
  readonly doc: GraphDoc
  readonly nodes: Map<string, NodeRec>
  edges: EdgeRec[]
  readonly origins: Map<string, string>
  readonly cards: Map<string, string>
  /** By flat id and field. */
  readonly promoted: Map<string, string>
  /** By the parameter's name. */
  readonly holders: Map<string, ParameterHolder>
  readonly variants: Map<string, readonly Variant[]>
  readonly diagnostics: Diagnostic[]
  readonly memo: FlatMemo
}

/** Nodes made before, by flat id: made again from the same they stay the same object, and nothing behind them moves. */
export type FlatMemo = Map<string, { readonly from: NodeRec; readonly key: string; readonly made: NodeRec }>

export function remade(memo: FlatMemo, id: string, from: NodeRec, key: string, make: () => NodeRec): NodeRec {
  const before = memo.get(id)
  if (before && before.from === from && before.key === key) return before.made
  const made = make()
  memo.set(id, { from, key, made })
  return made
}

/** The document as the work stands now. */
export function docOf({ doc, nodes, edges }: Work): GraphDoc {
  return {
    ...doc,
    nodes: Object.fromEntries(nodes),
    edges: Object.fromEntries(edges.map((edge) => [edge.id, edge])),
  }
}

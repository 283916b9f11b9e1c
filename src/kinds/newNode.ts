/** A fresh node of a kind, with all its params written out, so that a later change of defaults does not change old drawings. */
import type { NodeId } from '../base/ids.ts'
import type { NodeRec, Params } from '../graph/model.ts'
import type { NodeKind } from './contract.ts'

export function newNode(
  kind: NodeKind,
  id: NodeId,
  position: { readonly x: number; readonly y: number },
  params: Params = {},
  title = '',
): NodeRec {
  const all = { ...(structuredClone(kind.defaults) as Params), ...params }
  return { id, kind: kind.kind, kindVersion: kind.version, title, params: all, position }
}

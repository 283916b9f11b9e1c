import type { DatasetRequest } from '#src/ir/dataset.ts'
import type { NodeView } from '#src/store/nodeView.ts'

/** The dataset that a node's params ask for; null for kinds without one. */
export function requestOf(view: NodeView): DatasetRequest | null {
  return view.kind?.factRequests?.(view.params)[0] ?? null
}

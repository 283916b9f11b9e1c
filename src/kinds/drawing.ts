/** Drawings made by code, for examples, templates and tests: the same ops and checks as by hand, with ids that can be read. */
import type { DocId, EdgeId, NodeId } from '../base/ids.ts'
import { edit } from '../graph/change.ts'
import type { GraphDoc, Params } from '../graph/model.ts'
import { emptyDoc } from '../graph/model.ts'
import { addAsset, addNode, connect } from '../graph/ops.ts'
import type { AssetRec } from '../graph/model.ts'
import { lensOf } from './lens.ts'
import { newNode } from './newNode.ts'
import type { Registry } from './registry.ts'

export type Drawing = {
  /** Adds a node with the kind's defaults under the given params. The id is also what wires name. */
  node(id: string, kind: string, params?: Params, look?: { title?: string; x?: number; y?: number }): Drawing
  /** Joins `node.port` to `node.port`. */
  wire(from: string, to: string): Drawing
  asset(asset: AssetRec): Drawing
  readonly doc: GraphDoc
}

/** @throws Error when a step is refused: a drawing in code that does not hold is a bug. */
export function draw(registry: Registry, id = 'drawing', title = 'Drawing'): Drawing {
  return drawingOf(registry, emptyDoc(id as DocId, title))
}

function drawingOf(registry: Registry, doc: GraphDoc): Drawing {
  return {
    doc,
    node(id, kindId, params = {}, look = {}) {
      const kind = registry.get(kindId)
      if (!kind) throw new Error(`no kind ${kindId}`)
      const at = { x: look.x ?? 0, y: look.y ?? 0 }
      const rec = newNode(kind, id as NodeId, at, params, look.title ?? '')
      return changed(registry, doc, (draft) => {
        if (!addNode(draft, rec)) throw new Error(`two nodes are called ${id}`)
      })
    },
    wire(from, to) {
      const id = `${from}-${to}`.replaceAll('.', '-') as EdgeId
      return changed(registry, doc, (draft) => {
        const made = connect(draft, lensOf(registry), id, portRef(from), portRef(to))
        if (!made.ok) throw new Error(made.error.message)
      })
    },
    asset: (asset) => changed(registry, doc, (draft) => addAsset(draft, asset)),
  }
}

function changed(registry: Registry, doc: GraphDoc, recipe: Parameters<typeof edit>[1]): Drawing {
  return drawingOf(registry, edit(doc, recipe).doc)
}

function portRef(text: string): { node: NodeId; port: string } {
  const [node = '', port = ''] = text.split('.')
  return { node: node as NodeId, port }
}

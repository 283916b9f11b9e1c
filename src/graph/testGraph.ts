/** A small world of kinds for this room's tests: sources, steps and sinks of two types. */
import type { EdgeId, DocId, NodeId } from '../base/ids.ts'
import { edit } from './change.ts'
import type { GraphLens, PortShape } from './connect.ts'
import { emptyDoc } from './model.ts'
import type { GraphDoc, NodeRec, Params } from './model.ts'
import { addNode, connect } from './ops.ts'

const port = (key: string, type: string, direction: 'in' | 'out', multiple = false): PortShape => ({
  key,
  label: key.toUpperCase(),
  type,
  direction,
  multiple,
  required: false,
})

const ports: { readonly [kind: string]: readonly PortShape[] } = {
  rows: [port('out', 'dataset', 'out')],
  model: [port('out', 'policy', 'out')],
  step: [port('in', 'policy', 'in'), port('data', 'dataset', 'in'), port('out', 'policy', 'out')],
  sink: [port('many', 'policy', 'in', true)],
}

export const testLens: GraphLens = {
  ports: (node) => ports[node.kind] ?? null,
  name: (node) => node.title || node.kind,
}

export function testNode(id: string, kind: string, params: Params = {}): NodeRec {
  return { id: id as NodeId, kind, kindVersion: 1, title: id, params, position: { x: 0, y: 0 } }
}

/** `nodes` are `id:kind`, `wires` are `a.port>b.port`; a wire's id is its text. */
export function testDoc(nodes: readonly string[], wires: readonly string[] = []): GraphDoc {
  return edit(emptyDoc('doc' as DocId), (draft) => {
    for (const text of nodes) {
      const [id = '', kind = ''] = text.split(':')
      addNode(draft, testNode(id, kind))
    }
    for (const wire of wires) {
      const [a, b] = wire.split('>').map(ref)
      const made = connect(draft, testLens, wire.replace(/[.>]/g, '-') as EdgeId, a!, b!)
      if (!made.ok) throw new Error(made.error.message)
    }
  }).doc
}

export function ref(text: string): { node: NodeId; port: string } {
  const [node = '', port = ''] = text.split('.')
  return { node: node as NodeId, port }
}

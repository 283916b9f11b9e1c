/** What a group is to the canvas (its ports) and to the compiler (the drawing inside). */
import type { NodeId } from '#src/base/ids.ts'
import type { GroupContent, PortSpec } from '#src/kinds/contract.ts'
import type { GroupParams } from './params.ts'

export function portsOf({ ports }: GroupParams): readonly PortSpec[] {
  return ports.map(({ key, label, type, direction, required, multiple, inner }) => {
    const ends = inner.map(({ node, port }) => `${node}.${port}`).join(', ') || 'nothing yet'
    const help = direction === 'in' ? `Goes to ${ends} inside.` : `Comes from ${ends} inside.`
    return { key, label, type, direction, required, multiple, help }
  })
}

export function contentOf({ graph, ports, promoted, values, places }: GroupParams): GroupContent {
  return {
    ...graph,
    ports: ports.map(({ key, direction, inner }) => ({
      key,
      direction,
      inner: (direction === 'out' ? inner.slice(0, 1) : inner).map(({ node, port }) => ({
        node: node as NodeId,
        port,
      })),
    })),
    values: promoted.map(({ key, label, node, field }) => {
      const own = graph.nodes[node]!.params
      const value = Object.hasOwn(values, key) ? values[key]! : Object.hasOwn(own, field) ? own[field]! : null
      return { key, label, node, field, value }
    }),
    places,
  }
}

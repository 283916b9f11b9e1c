/** How a group is made and changed, as functions of its params. */
import type { Json } from '#src/base/canonicalJson.ts'
import type { GroupEdits } from '#src/kinds/contract.ts'
import type { GroupParams } from './params.ts'

export const groupEdits: GroupEdits<GroupParams> = {
  make: ({ nodes, edges }, ports) => ({
    graph: { nodes, edges },
    ports: ports.map(portOf),
    promoted: [],
    values: {},
    places: {},
  }),
  withContent(params, { nodes, edges, ports, places }) {
    const promoted = params.promoted.filter(({ node }) => Object.hasOwn(nodes, node))
    const shown = new Set(promoted.map(({ key }) => key))
    const values = Object.fromEntries(Object.entries(params.values).filter(([key]) => shown.has(key)))
    return { graph: { nodes, edges }, ports: ports.map(portOf), promoted, values, places }
  },
  withNodes: (params, nodes) => ({ ...params, graph: { ...params.graph, nodes } }),
  withValue: (params, key, value) => ({ ...params, values: { ...params.values, [key]: value } }),
  promote: (params, { key, label, node, field }) => ({
    ...params,
    promoted: [...params.promoted.filter((known) => known.key !== key), { key, label, node, field }],
  }),
  demote(params, key) {
    const gone = params.promoted.find((known) => known.key === key)
    const { [key]: value, ...values } = params.values
    const promoted = params.promoted.filter((known) => known.key !== key)
    if (!gone || value === undefined) return { ...params, promoted, values }
    return { ...params, graph: withParam(params.graph, gone.node, gone.field, value), promoted, values }
  },
}

function portOf(port: Parameters<GroupEdits<GroupParams>['make']>[1][number]): GroupParams['ports'][number] {
  const { key, label, type, direction, required, multiple, inner } = port
  return {
    key,
    label,
    type,
    direction,
    required,
    multiple,
    inner: inner.map(({ node, port: at }) => ({ node, port: at })),
  }
}

function withParam(graph: GroupParams['graph'], id: string, field: string, value: Json): GroupParams['graph'] {
  const node = graph.nodes[id]!
  return { ...graph, nodes: { ...graph.nodes, [id]: { ...node, params: { ...node.params, [field]: value } } } }
}

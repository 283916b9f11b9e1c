/**
 * The document as the canvas library wants it. Identity-preserving: an element is rebuilt only when its record, its ports or
 * its selection changed; positions of a gesture are previewed here, outside the document.
 */
import { Position } from '@xyflow/react'
import type { Edge, Node, NodeHandle } from '@xyflow/react'
import type { EdgeRec, GraphDoc } from '#src/graph/model.ts'
import { edgesInto, edgesOutOf } from '#src/graph/query.ts'
import type { PortType } from '#src/kinds/contract.ts'
import type { DocChange } from '#src/store/doc.ts'
import type { Editor } from '#src/store/editor.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import type { Point } from '#src/store/surface.ts'

export type FlowNode = Node<{ readonly view: NodeView }, 'card'>
/** How much of its card lies above and below a port. */
export type PortMargin = { readonly above: number; readonly below: number }
export type FlowEdge = Edge<
  {
    readonly type: PortType
    readonly broken: boolean
    readonly source: PortMargin | null
    readonly target: PortMargin | null
  },
  'wire'
>

export type FlowModel = {
  nodes(): readonly FlowNode[]
  edges(): readonly FlowEdge[]
  subscribe(listener: () => void): () => void
  /** Shows nodes elsewhere than the document has them, until `clearPreview`. */
  preview(positions: ReadonlyMap<string, Point>): void
  clearPreview(): void
  previewing(): boolean
  /** Begins to follow the document; returns the end. */
  start(): () => void
}

/** Wires attach to points: a declared handle of no size, so that its middle is the port's middle. */
const HANDLE_SIZE = 1

export function createFlowModel(editor: Editor): FlowModel {
  const nodeById = new Map<string, FlowNode>()
  const edgeById = new Map<string, FlowEdge>()
  const listeners = new Set<() => void>()
  let nodeList: readonly FlowNode[] = []
  let edgeList: readonly FlowEdge[] = []
  let previewed: ReadonlyMap<string, Point> = new Map()

  const publish = (changed: { nodes?: boolean; edges?: boolean }): void => {
    if (changed.nodes) nodeList = [...nodeById.values()]
    if (changed.edges) edgeList = [...edgeById.values()]
    if (changed.nodes || changed.edges) for (const listener of [...listeners]) listener()
  }

  function refreshNode(doc: GraphDoc, id: string): boolean {
    const view = editor.views.of(doc, id)
    const before = nodeById.get(id)
    if (!view) return nodeById.delete(id)
    const position = previewed.get(id) ?? view.rec.position
    const selected = editor.selection.get().nodes.has(id)
    if (before?.data.view === view && before.position === position && before.selected === selected) return false
    nodeById.set(id, toFlowNode(view, position, selected, before))
    return true
  }

  function refreshEdge(doc: GraphDoc, id: string): boolean {
    const rec = Object.hasOwn(doc.edges, id) ? doc.edges[id] : undefined
    if (!rec || !doc.nodes[rec.from.node] || !doc.nodes[rec.to.node]) return edgeById.delete(id)
    const next = toFlowEdge(editor, doc, rec)
    const before = edgeById.get(id)
    if (before && sameEdge(before, next)) return false
    edgeById.set(id, next)
    return true
  }

  function take(change: Pick<DocChange, 'doc' | 'before' | 'nodes' | 'edges'>): void {
    const { doc, before } = change
    // A wire decides whether its ends need a broken port, and a node's ports decide what its wires look like.
    const nodes = new Set(change.nodes)
    for (const id of change.edges) {
      for (const rec of [before.edges[id], doc.edges[id]]) {
        if (rec) nodes.add(rec.from.node).add(rec.to.node)
      }
    }
    const edges = new Set(change.edges)
    for (const id of nodes) {
      if (before.nodes[id]?.params === doc.nodes[id]?.params && doc.nodes[id]) continue
      for (const edge of [...edgesInto(doc, id), ...edgesOutOf(doc, id)]) edges.add(edge.id)
    }
    let nodesChanged = false
    let edgesChanged = false
    for (const id of nodes) nodesChanged = refreshNode(doc, id) || nodesChanged
    for (const id of edges) edgesChanged = refreshEdge(doc, id) || edgesChanged
    publish({ nodes: nodesChanged, edges: edgesChanged })
  }

  function reset(doc: GraphDoc): void {
    nodeById.clear()
    edgeById.clear()
    for (const id of Object.keys(doc.nodes)) refreshNode(doc, id)
    for (const id of Object.keys(doc.edges)) refreshEdge(doc, id)
    publish({ nodes: true, edges: true })
  }

  /** Follows the document from now on; what happened before is taken over at once. */
  function start(): () => void {
    reset(editor.doc.get())
    const stops = [
      editor.doc.subscribe((change) => {
        if (change.cause === 'load') {
          previewed = new Map()
          reset(change.doc)
        } else take(change)
      }),
      editor.selection.subscribe((next, before) => {
        const doc = editor.doc.get()
        let nodesChanged = false
        let edgesChanged = false
        for (const id of new Set([...next.nodes, ...before.nodes])) nodesChanged = refreshNode(doc, id) || nodesChanged
        for (const id of new Set([...next.edges, ...before.edges])) edgesChanged = refreshEdge(doc, id) || edgesChanged
        publish({ nodes: nodesChanged, edges: edgesChanged })
      }),
    ]
    return () => stops.forEach((stop) => stop())
  }

  return {
    nodes: () => nodeList,
    edges: () => edgeList,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    preview(positions) {
      const doc = editor.doc.get()
      const touched = new Set([...positions.keys(), ...previewed.keys()])
      previewed = positions
      let changed = false
      for (const id of touched) changed = refreshNode(doc, id) || changed
      publish({ nodes: changed })
    },
    clearPreview() {
      if (previewed.size > 0) this.preview(new Map())
    },
    previewing: () => previewed.size > 0,
    start,
  }
}

function toFlowNode(view: NodeView, position: Point, selected: boolean, before: FlowNode | undefined): FlowNode {
  const { width, height } = view.geometry
  if (before && before.data.view.geometry === view.geometry) {
    const data = before.data.view === view ? before.data : { view }
    return { ...before, position, selected, data }
  }
  return {
    id: view.rec.id,
    type: 'card',
    position,
    data: { view },
    selected,
    width,
    height,
    // Declared, not measured: nothing has to be mounted before its wires can be drawn.
    measured: { width, height },
    handles: view.geometry.ports.map(({ port, x, y }): NodeHandle => ({
      id: port.key,
      type: port.direction === 'in' ? 'target' : 'source',
      position: port.direction === 'in' ? Position.Left : Position.Right,
      x: x - HANDLE_SIZE / 2,
      y: y - HANDLE_SIZE / 2,
      width: HANDLE_SIZE,
      height: HANDLE_SIZE,
    })),
  }
}

function toFlowEdge(editor: Editor, doc: GraphDoc, rec: EdgeRec): FlowEdge {
  const source = editor.views.of(doc, rec.from.node)?.geometry
  const target = editor.views.of(doc, rec.to.node)?.geometry
  const from = source?.ports.find((p) => p.port.direction === 'out' && p.port.key === rec.from.port)
  const to = target?.ports.find((p) => p.port.direction === 'in' && p.port.key === rec.to.port)
  const broken = !from || !to || from.broken || to.broken || from.port.type !== to.port.type
  return {
    id: rec.id,
    type: 'wire',
    source: rec.from.node,
    sourceHandle: rec.from.port,
    target: rec.to.node,
    targetHandle: rec.to.port,
    selected: editor.selection.get().edges.has(rec.id),
    data: {
      type: (from && !from.broken ? from : to)?.port.type ?? 'dataset',
      broken,
      source: source && from ? { above: from.y, below: source.height - from.y } : null,
      target: target && to ? { above: to.y, below: target.height - to.y } : null,
    },
  }
}

function sameEdge(a: FlowEdge, b: FlowEdge): boolean {
  return (
    a.source === b.source &&
    a.target === b.target &&
    a.sourceHandle === b.sourceHandle &&
    a.targetHandle === b.targetHandle &&
    a.selected === b.selected &&
    a.data?.type === b.data?.type &&
    a.data?.broken === b.data?.broken &&
    sameMargin(a.data?.source, b.data?.source) &&
    sameMargin(a.data?.target, b.data?.target)
  )
}

function sameMargin(a: PortMargin | null | undefined, b: PortMargin | null | undefined): boolean {
  return a?.above === b?.above && a?.below === b?.below
}

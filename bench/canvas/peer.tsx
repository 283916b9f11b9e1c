/**
 * Plain React Flow as its documentation shows it: a memoised custom node with handles and text, nodes in React state,
 * everything mounted. It does less than our page: no live curves, no states, no run.
 */
import '@xyflow/react/dist/style.css'
import './peer.css'
import { Background, Handle, Position, ReactFlow, useEdgesState, useNodesState } from '@xyflow/react'
import type { Edge, Node, NodeProps, ReactFlowInstance } from '@xyflow/react'
import { memo, useCallback } from 'react'
import type { ReactElement } from 'react'
import { createRoot } from 'react-dom/client'
import { SIZE, places } from './scene.ts'
import type { BenchPage } from './scene.ts'

type Data = { readonly title: string; readonly summary: string }
const INPUTS = ['policy', 'dataset', 'heldout']
const FIELDS = ['1e-4', '128', '1']

const Rich = memo(function Rich({ data }: NodeProps<Node<Data>>): ReactElement {
  return (
    <div className="rich" style={SIZE}>
      <header>{data.title}</header>
      {INPUTS.map((key, i) => (
        <div key={key} className="row" style={{ top: 44 + i * 24 }}>
          <Handle type="target" id={key} position={Position.Left} style={{ top: 12 }} />
          {key}
        </div>
      ))}
      <Handle type="source" id="trained" position={Position.Right} style={{ top: 56 }} />
      <p>{data.summary}</p>
      <div className="fields">
        {FIELDS.map((field) => (
          <input key={field} className="nodrag" aria-label={field} defaultValue={field} />
        ))}
      </div>
    </div>
  )
})

const TYPES = { rich: Rich }
const NODES: Node<Data>[] = places().map(({ id, x, y }) => ({
  id,
  type: 'rich',
  position: { x, y },
  data: { title: `Trainer ${id}`, summary: 'lr 1e-4 · batch 128 · 1 epoch' },
}))
const EDGES: Edge[] = NODES.slice(1).map((node, i) => ({
  id: `e${node.id}`,
  source: NODES[i]!.id,
  sourceHandle: 'trained',
  target: node.id,
  targetHandle: 'policy',
}))
const state: { flow: ReactFlowInstance<Node<Data>> | null } = { flow: null }

function Page(): ReactElement {
  const [nodes, , onNodesChange] = useNodesState(NODES)
  const [edges, , onEdgesChange] = useEdgesState(EDGES)
  const onInit = useCallback((flow: ReactFlowInstance<Node<Data>>) => {
    state.flow = flow
    void flow.setViewport({ x: -130, y: -110, zoom: 1 })
  }, [])
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={TYPES}
      onNodesChange={onNodesChange}
      onEdgesChange={onEdgesChange}
      onInit={onInit}
    >
      <Background />
    </ReactFlow>
  )
}

createRoot(document.getElementById('root')!).render(<Page />)

const page: BenchPage = {
  handle() {
    const box = document.querySelector('[data-id="n27"]')!.getBoundingClientRect()
    return { x: box.x + 90, y: box.y + 20 }
  },
  mounted: () => document.querySelectorAll('.rich').length,
  fed: () => 0,
  place: () => state.flow!.getNode('n27')!.position,
}
Object.assign(globalThis, { benchPage: page })

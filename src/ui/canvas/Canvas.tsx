import '@xyflow/react/dist/base.css'
import './canvas.css'
import {
  Background,
  BackgroundVariant,
  ReactFlow,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
  useStoreApi,
} from '@xyflow/react'
import { Suspense, lazy, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { MouseEvent, PointerEvent, ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { createCardStates } from '#src/store/cardStates.ts'
import { useEditor } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'
import { Card } from './Card.tsx'
import { CanvasContext } from './CanvasContext.ts'
import { CanvasControls } from './CanvasControls.tsx'
import { MAX_ZOOM, MIN_ZOOM, createCanvasView } from './canvasView.ts'
import type { FlowEdge, FlowNode } from './flowModel.ts'
import { motion } from './motion.ts'
import { createCanvasSession } from './session.ts'
import type { CanvasSession } from './session.ts'
import { useFar } from './useFar.ts'
import { Wire } from './Wire.tsx'
import { graphKeys } from './graphKeys.ts'

/** What the first picture of a drawing does without. */
const EmptyCanvas = lazy(() => import('./EmptyCanvas.tsx'))
const farWires = { load: () => import('./FarWires.tsx') } as const
const FarWires = lazy(farWires.load)
const Levels = lazy(() => import('./Levels.tsx'))
const PulledWire = lazy(() => import('./PulledWire.tsx'))
const Minimap = lazy(() => import('./Minimap.tsx'))

/** Module-level, so that no render of the canvas re-renders its cards. */
const NODE_TYPES = { card: Card }
const EDGE_TYPES = { wire: Wire }
/** From far away more wires than these are drawn by `FarWires`; fewer stay what they are and can be pointed at. */
const TOGETHER = 150
const NO_EDGES: FlowEdge[] = []
const PAN_BUTTONS = [1, 2]
const PAN_ALL = [0, 1, 2]
const GRID_STEP = 24

export function Canvas(): ReactElement {
  const editor = useEditor()
  const { runs } = useStores()
  const [session] = useState(() => createCanvasSession(editor, createCardStates(runs, editor)))
  useEffect(() => session.model.start(), [session])
  useEffect(() => session.cardStates.start(), [session])
  return (
    <ReactFlowProvider>
      <CanvasContext value={session}>
        <Surface session={session} />
      </CanvasContext>
    </ReactFlowProvider>
  )
}

function Surface({ session }: { readonly session: CanvasSession }): ReactElement {
  const { editor, model } = session
  const nodes = useSyncExternalStore(model.subscribe, model.nodes)
  const edges = useSyncExternalStore(model.subscribe, model.edges)
  const { dragPans, minimap } = useSnapshot(editor.prefs)
  const { level } = useSnapshot(editor.doc.state)
  const [levels, setLevels] = useState(false)
  if (level !== '' && !levels) setLevels(true)
  const together = useTogether(useFar() && edges.length > TOGETHER)
  const flow = useReactFlow<FlowNode, FlowEdge>()
  const store = useStoreApi()
  const element = useRef<HTMLDivElement>(null)
  // Sizes and handles are declared. Measuring every card that comes into sight would force layouts, and would replace the
  // declared handles by those that it finds in the DOM: none. The library takes this function when it first renders, below.
  useState(() => store.setState({ updateNodeInternals: () => undefined }))

  useEffect(() => {
    session.attach(flow)
    const view = createCanvasView(session, flow, element.current!)
    const detach = editor.viewport.attach(view)
    return () => {
      detach()
      view.stop()
    }
  }, [session, flow, editor])

  // A document is shown whole when it is opened.
  useEffect(() => {
    const frame = requestAnimationFrame(() => editor.viewport.fit(undefined, 'once'))
    const stop = editor.doc.subscribe((change) => {
      if (change.cause === 'load') requestAnimationFrame(() => editor.viewport.fit(undefined, 'once'))
    })
    return () => {
      cancelAnimationFrame(frame)
      stop()
    }
  }, [editor])

  // Escape lets go of what is in the hand wherever the focus is.
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.key !== 'Escape' || !session.cancelGesture()) return
      event.preventDefault()
      event.stopPropagation()
    }
    window.addEventListener('keydown', onKeyDown, { capture: true })
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true })
  }, [session])

  const handlers = useMemo(() => canvasHandlers(session), [session])

  function onPointerMove(event: PointerEvent): void {
    session.noteKeys(event)
    const { userSelectionActive, userSelectionRect, transform } = store.getState()
    if (userSelectionActive && userSelectionRect) {
      const [tx, ty, zoom] = transform
      session.onBoxMove({
        x: (userSelectionRect.x - tx) / zoom,
        y: (userSelectionRect.y - ty) / zoom,
        width: userSelectionRect.width / zoom,
        height: userSelectionRect.height / zoom,
      })
    }
    const wire = session.wire()
    if (wire.phase === 'pulling' && wire.how === 'click') {
      session.moveWire(flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }), event.pointerType === 'touch')
    }
  }

  return (
    <div
      ref={element}
      role="application"
      aria-label="Graph"
      aria-roledescription="node graph"
      tabIndex={0}
      data-place="graph"
      className="tg-canvas"
      onPointerDownCapture={(event) => {
        session.noteKeys(event)
        session.notePress(event)
      }}
      onPointerMove={onPointerMove}
      onKeyDown={(event) => graphKeys(session, event)}
      onKeyUp={(event) => session.noteKeys(event)}
    >
      <ReactFlow<FlowNode, FlowEdge>
        nodes={nodes as FlowNode[]}
        edges={together ? NO_EDGES : (edges as FlowEdge[])}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onlyRenderVisibleElements
        minZoom={MIN_ZOOM}
        maxZoom={MAX_ZOOM}
        selectionOnDrag={!dragPans}
        panOnDrag={dragPans ? PAN_ALL : PAN_BUTTONS}
        panOnScroll={!dragPans}
        zoomOnDoubleClick={false}
        selectionMode={SelectionMode.Partial}
        selectionKeyCode={dragPans ? 'Shift' : null}
        multiSelectionKeyCode="Shift"
        deleteKeyCode={null}
        nodesConnectable={false}
        connectOnClick={false}
        nodesFocusable={false}
        edgesFocusable={false}
        disableKeyboardA11y
        elevateNodesOnSelect={false}
        elevateEdgesOnSelect={false}
        nodeDragThreshold={3}
        paneClickDistance={3}
        {...handlers}
      >
        <Background
          variant={BackgroundVariant.Dots}
          gap={GRID_STEP}
          size={1.6}
          color="var(--dots)"
          bgColor="var(--canvas)"
        />
        <Suspense fallback={null}>{together ? <FarWires /> : null}</Suspense>
        <Suspense fallback={null}>
          <PulledWire />
        </Suspense>
      </ReactFlow>
      <Suspense fallback={null}>
        {nodes.length === 0 ? <EmptyCanvas /> : null}
        {levels ? <Levels /> : null}
        {minimap ? <Minimap /> : null}
      </Suspense>
      <CanvasControls />
    </div>
  )
}

/** Asked for when they are first needed; until then the wires stay what they are. */
function useTogether(wanted: boolean): boolean {
  const [here, setHere] = useState(false)
  useEffect(() => {
    if (wanted) void farWires.load().then(() => setHere(true))
  }, [wanted])
  return wanted && here
}

/** Stable for the life of the canvas. */
function canvasHandlers(session: CanvasSession) {
  const { editor } = session
  const menu = (
    target: NonNullable<typeof editor.surface.state.menu>['target'],
    event: MouseEvent | globalThis.MouseEvent,
  ): void => {
    event.preventDefault()
    editor.surface.state.menu = { target, screen: { x: event.clientX, y: event.clientY } }
  }
  return {
    onNodesChange: session.onNodesChange,
    onEdgesChange: session.onEdgesChange,
    onNodeDragStart: session.onMoveStart,
    onNodeDragStop: session.onMoveStop,
    onMoveStart: motion.begin,
    onMoveEnd: motion.end,
    onSelectionStart: session.onBoxStart,
    onSelectionEnd: session.onBoxEnd,
    onNodeClick: (_: MouseEvent, node: FlowNode) => editor.viewport.focus(node.id),
    onNodeDoubleClick: (_: MouseEvent, { id }: FlowNode) => {
      if (editor.commands.refusal('group.open', { node: id }) !== null) editor.prefs.inspectorOpen = true
      else editor.commands.run('group.open', { node: id })
    },
    onEdgeMouseEnter: (_: MouseEvent, edge: FlowEdge) => session.hover.setEdge(edge.id),
    onEdgeMouseLeave: () => session.hover.setEdge(null),
    onPaneClick: () => {
      const wire = session.wire()
      if (wire.phase === 'pulling' && wire.how === 'click') session.dropWire()
      editor.viewport.focus(null)
    },
    onDoubleClick: (event: MouseEvent) => {
      const target = event.target as HTMLElement
      if (!target.classList.contains('react-flow__pane')) return
      const screen = { x: event.clientX, y: event.clientY }
      editor.surface.state.quickAdd = { screen, flow: editor.viewport.toFlow(screen), wire: null }
    },
    onNodeContextMenu: (event: MouseEvent, node: FlowNode) => {
      if (!editor.selection.get().nodes.has(node.id)) editor.selection.setNodes([node.id])
      menu({ on: 'node', id: node.id }, event)
    },
    onEdgeContextMenu: (event: MouseEvent, edge: FlowEdge) => {
      editor.selection.setEdges([edge.id])
      menu({ on: 'edge', id: edge.id }, event)
    },
    onPaneContextMenu: (event: MouseEvent | globalThis.MouseEvent) => menu({ on: 'canvas' }, event),
    onSelectionContextMenu: (event: MouseEvent) => {
      const id = [...editor.selection.get().nodes][0]
      menu(id === undefined ? { on: 'canvas' } : { on: 'node', id }, event)
    },
  }
}

import { Position, ViewportPortal, getBezierPath } from '@xyflow/react'
import { CircleAlert, CornerDownRight, Plus, Replace } from 'lucide-react'
import type { ReactElement } from 'react'
import { nodeName, portName } from '#src/store/commands/wording.ts'
import type { PortType } from '#src/kinds/contract.ts'
import { useCanvas, useWireState } from './CanvasContext.ts'
import type { Pull } from './gestures/wireGesture.ts'
import { portColor, portTypeLabel } from './portLook.ts'

/** The wire in the hand, and at its end what would happen on letting go: the reason, if it is refused. */
export default function PulledWire(): ReactElement | null {
  const state = useWireState()
  if (state.phase !== 'pulling') return null
  return (
    <>
      <Line state={state} />
      <Verdict state={state} />
    </>
  )
}

function Line({ state }: { readonly state: Pull }): ReactElement {
  const { editor } = useCanvas()
  const end = state.target?.point ?? state.pointer
  const out = state.anchor.direction === 'out'
  const [path] = getBezierPath({
    sourceX: state.anchorPoint.x,
    sourceY: state.anchorPoint.y,
    targetX: end.x,
    targetY: end.y,
    sourcePosition: out ? Position.Right : Position.Left,
    targetPosition: out ? Position.Left : Position.Right,
    curvature: 0.32,
  })
  const refused = state.target !== null && !state.target.verdict.ok
  const color = refused ? 'var(--bad)' : portColor(typeOf(editor, state) ?? 'dataset')
  return (
    <ViewportPortal>
      <svg className="tg-pulled" aria-hidden>
        <path d={path} style={{ stroke: color }} strokeDasharray={refused ? '5 5' : undefined} />
        <circle cx={end.x} cy={end.y} r={state.target ? 8 : 4} style={{ stroke: color }} />
      </svg>
    </ViewportPortal>
  )
}

function Verdict({ state }: { readonly state: Pull }): ReactElement | null {
  const { editor } = useCanvas()
  const at = editor.viewport.toScreen(state.target?.point ?? state.pointer)
  const style = {
    left: Math.min(at.x + 16, window.innerWidth - 296),
    top: Math.min(at.y + 18, window.innerHeight - 64),
  }
  const { target } = state
  if (!target) {
    const type = typeOf(editor, state)
    const text =
      state.moved === null ? `Drop to add a node for ${type ? portTypeLabel(type) : 'this'}` : 'Drop to disconnect'
    return (
      <div className="tg-chip" style={style}>
        <Plus size={13} aria-hidden />
        {text}
      </div>
    )
  }
  if (!target.verdict.ok) {
    return (
      <div className="tg-chip" data-refused="" role="status" style={style}>
        <CircleAlert size={14} className="mt-px shrink-0" aria-hidden />
        {target.verdict.error.message}
      </div>
    )
  }
  const { replaces } = target.verdict.value
  const old = replaces[0] ? editor.doc.get().edges[replaces[0]] : undefined
  const Icon = old ? Replace : CornerDownRight
  return (
    <div className="tg-chip" style={style}>
      <Icon size={13} className="mt-px shrink-0" aria-hidden />
      {portName(editor, target.end.ref)}
      {old ? `, in place of ${nodeName(editor, old.from.node)}` : ''}
    </div>
  )
}

function typeOf(editor: ReturnType<typeof useCanvas>['editor'], state: Pull): PortType | undefined {
  const { ref, direction } = state.anchor
  const view = editor.views.of(editor.doc.get(), ref.node)
  return view?.geometry.ports.find((p) => p.port.key === ref.port && p.port.direction === direction)?.port.type
}

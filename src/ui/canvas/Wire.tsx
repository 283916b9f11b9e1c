import { BaseEdge } from '@xyflow/react'
import type { EdgeProps } from '@xyflow/react'
import { memo } from 'react'
import type { PointerEvent, ReactElement } from 'react'
import type { EdgeId } from '#src/base/ids.ts'
import { edgeOf } from '#src/graph/query.ts'
import { useCanvas } from './CanvasContext.ts'
import { followPointer } from './followPointer.ts'
import type { FlowEdge } from './flowModel.ts'
import { portColor } from './portLook.ts'
import { useCardState } from './useCardState.ts'
import { WireLabel } from './WireLabel.tsx'
import { wirePath } from './wirePath.ts'

/** A wire in the colour of what flows through it. */
export const Wire = memo(function Wire(props: EdgeProps<FlowEdge>): ReactElement {
  const { id, sourceX, sourceY, targetX, targetY, selected, data } = props
  const { path, x, y } = wirePath({
    source: { x: sourceX, y: sourceY },
    target: { x: targetX, y: targetY },
    ...(data?.source && data.target
      ? {
          sourceCard: { top: sourceY - data.source.above, bottom: sourceY + data.source.below },
          targetCard: { top: targetY - data.target.above, bottom: targetY + data.target.below },
        }
      : {}),
  })
  const live = useCardState(props.target)?.state.phase === 'running'
  const color = data?.broken ? 'var(--bad)' : portColor(data?.type ?? 'dataset')
  return (
    <g
      className="tg-wire"
      data-broken={data?.broken ? '' : undefined}
      data-selected={selected ? '' : undefined}
      data-live={live ? '' : undefined}
    >
      <BaseEdge path={path} interactionWidth={18} style={{ stroke: color }} />
      <WireLabel id={id} x={x} y={y} shown={selected ?? false} />
      <End id={id as EdgeId} side="from" x={sourceX} y={sourceY} color={color} />
      <End id={id as EdgeId} side="to" x={targetX} y={targetY} color={color} />
    </g>
  )
})

/** The part of a wire near its end that can be taken and plugged elsewhere. */
function End({
  id,
  side,
  x,
  y,
  color,
}: {
  readonly id: EdgeId
  readonly side: 'from' | 'to'
  readonly x: number
  readonly y: number
  readonly color: string
}): ReactElement {
  const session = useCanvas()

  function onPointerDown(event: PointerEvent): void {
    if (event.button !== 0) return
    event.stopPropagation()
    const edge = edgeOf(session.editor.doc.get(), id)
    if (!edge) return
    const anchor =
      side === 'to' ? ({ ref: edge.from, direction: 'out' } as const) : ({ ref: edge.to, direction: 'in' } as const)
    session.beginWire(anchor, 'drag', id)
    followPointer(session, event.nativeEvent, () => {
      session.cancelWire()
      session.editor.selection.setEdges([id])
    })
  }

  return (
    <circle
      className="tg-wire-end nodrag nopan"
      cx={side === 'from' ? x + 16 : x - 16}
      cy={y}
      r={5}
      style={{ stroke: color }}
      onPointerDown={onPointerDown}
    />
  )
}

import { clsx } from 'clsx'
import { memo, useCallback, useContext, useSyncExternalStore } from 'react'
import type { CSSProperties, ReactElement } from 'react'
import type { NodeProps } from '@xyflow/react'
import { isRail } from '#src/graph/nested.ts'
import { HEADER_HEIGHT } from '#src/store/cardGeometry.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { CardIcon } from '../theme/KindIcon.tsx'
import { SlotBoundary } from '../shell/SlotBoundary.tsx'
import { SlotsContext } from '../shell/slots.ts'
import { CardKept, CardStale } from './CardMark.tsx'
import { CardProblems } from './CardProblems.tsx'
import { CardTitle } from './CardTitle.tsx'
import { CardStatus, FarStatus } from './CardStatus.tsx'
import { PortDot } from './PortDot.tsx'
import { cardName } from './cardName.ts'
import { useCanvas } from './CanvasContext.ts'
import { useFar } from './useFar.ts'
import type { FlowNode } from './flowModel.ts'

/** Characters of the summary that surely fit. */
const LONG_SUMMARY = 34

/** A node on the canvas. Renders when its record, its selection or its run state changes, not while it is moved. */
export const Card = memo(CardBody, (a, b) => a.data === b.data && a.selected === b.selected)

function CardBody({ data, selected }: NodeProps<FlowNode>): ReactElement {
  const { view } = data
  const far = useFar()
  const { editor } = useCanvas()
  const id = view.rec.id
  const lit = useLit(id)
  return (
    <div
      id={`card-${id}`}
      role="group"
      aria-label={cardName(editor, view)}
      aria-roledescription="node"
      tabIndex={-1}
      data-card={id}
      data-missing={view.kind ? undefined : ''}
      data-mode={view.rec.mode}
      data-rail={isRail(id) ? '' : undefined}
      className={clsx('tg-card', selected && 'is-selected', lit && 'is-lit')}
      style={{ width: view.geometry.width, height: view.geometry.height }}
    >
      {far ? <FarFace view={view} /> : <NearFace view={view} />}
    </div>
  )
}

/** Whether a row of the plan or a problem points at the node. */
function useLit(id: string): boolean {
  const { highlight } = useCanvas().editor
  return useSyncExternalStore(
    useCallback((listener) => highlight.subscribe(id, listener), [highlight, id]),
    () => highlight.has(id),
  )
}

/** Far away only the box, its name and its state can be read; everything else would cost without being seen. */
function FarFace({ view }: { readonly view: NodeView }): ReactElement {
  return (
    <>
      <div className="tg-card-far">
        <CardIcon name={view.icon} size={26} />
        <span className="line-clamp-2 min-w-0">{view.title}</span>
      </div>
      <FarStatus id={view.rec.id} />
    </>
  )
}

function NearFace({ view }: { readonly view: NodeView }): ReactElement {
  const { geometry } = view
  const id = view.rec.id
  const { bodies } = useContext(SlotsContext)
  // A note is its text; a parameter without wires still has a value to tell.
  const allBody = geometry.rows === 0 && bodies[view.rec.kind] !== undefined
  return (
    <>
      <CardStale id={id} />
      <div className="tg-card-head" style={{ height: HEADER_HEIGHT }}>
        <span className="tg-card-icon">
          <CardIcon name={view.icon} size={14} />
        </span>
        <CardTitle view={view} />
        <CardKept id={id} pinned={view.rec.pin !== undefined} />
        <CardStatus id={id} />
        <CardProblems id={id} />
      </div>
      {geometry.ports.map((placed) => (
        <PortDot key={`${placed.port.direction} ${placed.port.key}`} id={id} placed={placed} />
      ))}
      {view.kind && allBody ? null : (
        <div
          className="tg-card-summary"
          data-long={view.summary.length > LONG_SUMMARY ? '' : undefined}
          style={{ top: geometry.summaryTop }}
          title={view.summary}
        >
          {view.kind ? view.summary : `“${view.rec.kind}” is not installed here. Settings and wires are kept.`}
        </div>
      )}
      {geometry.bodyHeight > 0 && view.kind ? (
        <LiveBody id={id} kind={view.rec.kind} top={geometry.bodyTop} height={geometry.bodyHeight} />
      ) : null}
    </>
  )
}

function LiveBody({
  id,
  kind,
  top,
  height,
}: {
  readonly id: string
  readonly kind: string
  readonly top: number
  readonly height: number
}): ReactElement | null {
  const { bodies } = useContext(SlotsContext)
  const Body = bodies[kind]
  if (!Body) return null
  const place: CSSProperties = { top, height }
  return (
    <div className="tg-card-body" style={place}>
      <SlotBoundary name="This view" quiet>
        <Body id={id} height={height} />
      </SlotBoundary>
    </div>
  )
}

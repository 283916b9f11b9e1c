import { memo, useCallback, useSyncExternalStore } from 'react'
import type { PointerEvent, ReactElement } from 'react'
import type { NodeId } from '#src/base/ids.ts'
import { ROW_HEIGHT } from '#src/store/cardGeometry.ts'
import type { PlacedPort } from '#src/store/cardGeometry.ts'
import { disconnectWires, wiresAt } from '#src/store/commands/wiring.ts'
import { edgesInto, edgesOutOf } from '#src/graph/query.ts'
import { PortGlyph } from '../theme/PortGlyph.tsx'
import { useCanvas, useWireAnchor } from './CanvasContext.ts'
import { portAriaName } from './cardName.ts'
import { useNodeProblems } from './CardProblems.tsx'
import { verdictOn } from './gestures/wireGesture.ts'
import type { PortEnd } from './gestures/wireGesture.ts'
import { portColor, portShape } from './portLook.ts'
import { followPointer } from './followPointer.ts'

/** A port: its sign on the card's edge, its label beside it. */
export const PortDot = memo(function PortDot({
  id,
  placed,
}: {
  readonly id: NodeId
  readonly placed: PlacedPort
}): ReactElement {
  const session = useCanvas()
  const { editor } = session
  const { port, broken } = placed
  const end: PortEnd = { ref: { node: id, port: port.key }, direction: port.direction }
  const wired = useWired(id, port.key, port.direction)
  const fit = useFit(end)
  const wrong = useNodeProblems(id).some((d) => d.at.on === 'port' && d.at.port === port.key && d.severity === 'error')
  const needed = port.required && port.direction === 'in' && wired === 0

  function onPointerDown(event: PointerEvent<HTMLElement>): void {
    if (event.button !== 0) return
    event.stopPropagation()
    const mod = editor.platform === 'mac' ? event.metaKey : event.ctrlKey
    if (event.altKey) return disconnectWires(editor, wiresAt(editor, end.ref, end.direction))
    const pulling = session.wire()
    if (pulling.phase === 'pulling') {
      // The second of two clicks.
      session.moveWire(editor.viewport.toFlow({ x: event.clientX, y: event.clientY }), event.pointerType === 'touch')
      return session.dropWire()
    }
    if (mod && wired > 0) session.beginBundle(end)
    else {
      const held = port.direction === 'in' && !port.multiple ? edgesInto(editor.doc.get(), id, port.key)[0] : undefined
      if (held) session.beginWire({ ref: held.from, direction: 'out' }, 'drag', held.id)
      else session.beginWire(end, 'drag')
    }
    followPointer(session, event.nativeEvent, () => session.beginWire(end, 'click'))
  }

  return (
    <div
      role="button"
      tabIndex={-1}
      aria-label={portAriaName(editor, id, placed)}
      data-port={port.key}
      data-direction={port.direction}
      data-fit={fit}
      data-wrong={wrong || broken ? '' : undefined}
      title={fit === undefined ? `${port.label}: ${port.help}` : undefined}
      className="tg-port nodrag nopan"
      style={{ top: placed.y - ROW_HEIGHT / 2, height: ROW_HEIGHT }}
      onPointerDown={onPointerDown}
      onContextMenu={(event) => {
        event.preventDefault()
        event.stopPropagation()
        editor.surface.state.menu = {
          target: { on: 'port', ref: end.ref, direction: end.direction },
          screen: { x: event.clientX, y: event.clientY },
        }
      }}
    >
      <span className="tg-port-dot">
        <PortGlyph
          shape={portShape(port.type)}
          color={broken ? 'var(--bad)' : portColor(port.type)}
          filled={wired > 0}
        />
      </span>
      <span className="tg-port-label">
        {port.label}
        {needed ? <span className="tg-port-needed" aria-hidden /> : null}
      </span>
    </div>
  )
})

/** How many wires are at the port. */
function useWired(id: string, port: string, direction: 'in' | 'out'): number {
  const { doc } = useCanvas().editor
  // A wire changes its own record, not its nodes': ask after every change, render only when the number is another.
  const subscribe = useCallback((listener: () => void) => doc.subscribe(listener), [doc])
  return useSyncExternalStore(subscribe, () =>
    direction === 'in' ? edgesInto(doc.get(), id, port).length : edgesOutOf(doc.get(), id, port).length,
  )
}

/** While a wire is pulled: whether this port would take it. */
function useFit(end: PortEnd): 'yes' | 'no' | 'anchor' | undefined {
  const session = useCanvas()
  const anchor = useWireAnchor()
  const state = session.wire()
  if (!anchor || state.phase !== 'pulling') return undefined
  if (anchor.ref.node === end.ref.node && anchor.ref.port === end.ref.port) return 'anchor'
  if (anchor.direction === end.direction) return 'no'
  const world = { doc: session.editor.doc.get(), lens: session.editor.lens, views: session.editor.views }
  return verdictOn(world, state, end).ok ? 'yes' : 'no'
}

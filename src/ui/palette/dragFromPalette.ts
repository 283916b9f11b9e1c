/** Dragging a kind onto the canvas with pointer events, so that touch works: a ghost follows, the drop places. */
import type { NodeKind } from '#src/kinds/contract.ts'
import { ROWS_TOP, ROW_HEIGHT, cardGeometry } from '#src/store/cardGeometry.ts'
import { dropPlace } from '#src/store/commands/nodes.ts'
import type { Editor } from '#src/store/editor.ts'
import { edgeUnder } from './edgeUnder.ts'

const THRESHOLD = 5

export function dragFromPalette(editor: Editor, kind: NodeKind, start: globalThis.PointerEvent): void {
  const { pointerId, clientX, clientY } = start
  let ghost: HTMLElement | null = null

  function onMove(event: globalThis.PointerEvent): void {
    if (event.pointerId !== pointerId) return
    const far = Math.hypot(event.clientX - clientX, event.clientY - clientY) >= THRESHOLD
    if (!ghost && far) ghost = createGhost(editor, kind)
    if (!ghost) return
    const zoom = zoomOf(editor)
    const over = overCanvas(event)
    ghost.style.opacity = over ? '0.92' : '0.6'
    ghost.style.transform = `translate(${event.clientX}px, ${event.clientY - (ROWS_TOP + ROW_HEIGHT / 2) * zoom}px) scale(${zoom})`
    edgeUnder.show(over && !event.altKey ? edgeUnder.find(editor, kind, event.clientX, event.clientY) : null)
  }
  function onUp(event: globalThis.PointerEvent): void {
    if (event.pointerId !== pointerId) return
    const dragged = ghost !== null
    const edge = dragged && !event.altKey ? edgeUnder.find(editor, kind, event.clientX, event.clientY) : null
    stop()
    if (!dragged) return
    // The click that follows a drag would place a second node.
    window.addEventListener('click', swallow, { capture: true, once: true })
    setTimeout(() => window.removeEventListener('click', swallow, { capture: true }), 0)
    if (!overCanvas(event)) return
    editor.surface.state.drawer = null
    if (edge) {
      editor.commands.run('add.onWire', { kind: kind.kind, edge })
      return
    }
    const at = dropPlace(editor.viewport.toFlow({ x: event.clientX, y: event.clientY }))
    editor.commands.run('add.node', { kind: kind.kind, at })
  }
  function onCancel(event: globalThis.PointerEvent): void {
    if (event.pointerId === pointerId) stop()
  }
  function onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    stop()
  }
  function stop(): void {
    ghost?.remove()
    edgeUnder.show(null)
    window.removeEventListener('pointermove', onMove)
    window.removeEventListener('pointerup', onUp)
    window.removeEventListener('pointercancel', onCancel)
    window.removeEventListener('keydown', onKey, { capture: true })
  }

  window.addEventListener('pointermove', onMove)
  window.addEventListener('pointerup', onUp)
  window.addEventListener('pointercancel', onCancel)
  window.addEventListener('keydown', onKey, { capture: true })
}

function swallow(event: Event): void {
  event.stopPropagation()
  event.preventDefault()
}

function overCanvas(event: globalThis.PointerEvent): boolean {
  const under = document.elementFromPoint(event.clientX, event.clientY)
  return under?.closest('[data-place="graph"]') !== null && under !== null
}

function zoomOf(editor: Editor): number {
  const a = editor.viewport.toScreen({ x: 0, y: 0 })
  const b = editor.viewport.toScreen({ x: 1000, y: 0 })
  return (b.x - a.x) / 1000
}

/** A card of the kind's real size: what you see is where it lands. */
function createGhost(editor: Editor, kind: NodeKind): HTMLElement {
  const { width, height } = cardGeometry(kind.size, kind.ports(kind.defaults))
  const ghost = document.createElement('div')
  ghost.className = 'tg-ghost'
  ghost.style.width = `${width}px`
  ghost.style.height = `${height}px`
  ghost.textContent = kind.title
  document.body.append(ghost)
  editor.announce.say(`Dragging ${kind.title}`)
  return ghost
}

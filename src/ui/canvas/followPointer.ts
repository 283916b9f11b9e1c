/** Follows the pointer that pressed a port or a wire's end until it lets go, wherever it goes. */
import { DRAG_THRESHOLD } from './gestures/wireGesture.ts'
import type { CanvasSession } from './session.ts'

/** `onClick` instead of a drop when the pointer hardly moved. */
export function followPointer(session: CanvasSession, start: PointerEvent, onClick: () => void): void {
  const { pointerId, clientX, clientY } = start
  const coarse = start.pointerType === 'touch'
  let dragged = false

  function onMove(event: PointerEvent): void {
    if (event.pointerId !== pointerId) return
    dragged ||= Math.hypot(event.clientX - clientX, event.clientY - clientY) >= DRAG_THRESHOLD
    if (dragged) session.moveWire(session.editor.viewport.toFlow({ x: event.clientX, y: event.clientY }), coarse)
  }
  function onUp(event: PointerEvent): void {
    if (event.pointerId !== pointerId) return
    stop()
    if (dragged) session.dropWire()
    else onClick()
  }
  function onCancel(event: PointerEvent): void {
    if (event.pointerId !== pointerId) return
    stop()
    session.cancelWire()
  }
  function stop(): void {
    window.removeEventListener('pointermove', onMove)
    window.removeEventListener('pointerup', onUp)
    window.removeEventListener('pointercancel', onCancel)
  }

  window.addEventListener('pointermove', onMove)
  window.addEventListener('pointerup', onUp)
  window.addEventListener('pointercancel', onCancel)
}

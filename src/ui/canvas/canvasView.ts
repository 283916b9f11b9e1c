/** The viewport's commands, carried out by the mounted canvas. */
import type { CanvasView } from '#src/store/viewport.ts'
import type { Point } from '#src/store/surface.ts'
import type { CanvasSession, Flow } from './session.ts'

export const MIN_ZOOM = 0.05
export const MAX_ZOOM = 2

/** Room at the edges for ports' signs and, below, for the controls. */
const FIT = {
  padding: { top: '28px', left: '36px', right: '36px', bottom: '60px' },
  maxZoom: 1.1,
  minZoom: MIN_ZOOM,
} as const
/** Long enough to follow with the eye, short enough not to wait for. */
const ANIMATION_MS = 190

export function createCanvasView(
  session: CanvasSession,
  flow: Flow,
  element: HTMLElement,
): CanvasView & { stop(): void } {
  let lastPointer: Point | null = null
  const onMove = (event: PointerEvent): void => void (lastPointer = { x: event.clientX, y: event.clientY })
  const onLeave = (): void => void (lastPointer = null)
  element.addEventListener('pointermove', onMove, { passive: true })
  element.addEventListener('pointerleave', onLeave, { passive: true })

  const duration = (): number => (calm() ? 0 : ANIMATION_MS)
  /** Zoom that a movement under way will end at: what comes next must build on it, not on where the movement is now. */
  let goal: number | null = null
  const towards = (zoom: number, moving: Promise<unknown>): void => {
    goal = zoom
    void moving.finally(() => {
      if (goal === zoom) goal = null
    })
  }
  const zoomNow = (): number => goal ?? flow.getZoom()
  const boxOf = (ids: readonly string[]): { x: number; y: number; width: number; height: number } | null => {
    const nodes = session.model.nodes().filter((n) => ids.includes(n.id))
    if (nodes.length === 0) return null
    const x = Math.min(...nodes.map((n) => n.position.x))
    const y = Math.min(...nodes.map((n) => n.position.y))
    const right = Math.max(...nodes.map((n) => n.position.x + (n.width ?? 0)))
    const bottom = Math.max(...nodes.map((n) => n.position.y + (n.height ?? 0)))
    return { x, y, width: right - x, height: bottom - y }
  }

  return {
    stop() {
      element.removeEventListener('pointermove', onMove)
      element.removeEventListener('pointerleave', onLeave)
    },
    fit(ids, how) {
      if (session.model.nodes().length === 0) {
        // The library would wait for nodes and fit those: the first card dropped on an empty graph would make the view jump.
        void flow.setViewport({ x: 0, y: 0, zoom: 1 })
        return
      }
      const nodes = ids?.map((id) => ({ id }))
      // The names of the open groups lie over the upper edge.
      const top = session.editor.doc.state.level === '' ? FIT.padding.top : '64px'
      void flow.fitView({
        ...FIT,
        padding: { ...FIT.padding, top },
        duration: how === 'once' ? 0 : duration(),
        ...(nodes ? { nodes } : {}),
      })
    },
    zoomBy(factor) {
      const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoomNow() * factor))
      towards(zoom, flow.zoomTo(zoom, { duration: duration() }))
    },
    zoomTo: (zoom) => towards(zoom, flow.zoomTo(zoom, { duration: duration() })),
    centre(ids) {
      const box = boxOf(ids)
      if (!box) return
      const zoom = zoomNow()
      towards(zoom, flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom, duration: duration() }))
    },
    reveal(id) {
      const box = boxOf([id])
      if (!box) return
      const area = element.getBoundingClientRect()
      const a = flow.flowToScreenPosition({ x: box.x, y: box.y })
      const b = flow.flowToScreenPosition({ x: box.x + box.width, y: box.y + box.height })
      const margin = 24
      const dx = shift(a.x, b.x, area.left + margin, area.right - margin)
      const dy = shift(a.y, b.y, area.top + margin, area.bottom - margin)
      if (dx === 0 && dy === 0) return
      const { x, y, zoom } = flow.getViewport()
      void flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: duration() })
    },
    middle() {
      const area = element.getBoundingClientRect()
      return flow.screenToFlowPosition({ x: area.left + area.width / 2, y: area.top + area.height / 2 })
    },
    pointer: () => (lastPointer ? flow.screenToFlowPosition(lastPointer) : null),
    toScreen: (point) => flow.flowToScreenPosition(point),
    toFlow: (point) => flow.screenToFlowPosition(point, { snapToGrid: false }),
    focus(id) {
      const card = id === null ? null : document.getElementById(`card-${id}`)
      ;(card ?? element).focus({ preventScroll: true })
    },
    focused: () => document.activeElement?.closest<HTMLElement>('[data-card]')?.dataset['card'] ?? null,
    animate: (positions) => animate(session, positions, duration()),
  }
}

function animate(session: CanvasSession, goal: ReadonlyMap<string, Point>, ms: number): Promise<void> {
  const start = new Map(session.model.nodes().map((n) => [n.id, n.position]))
  if (ms === 0) return Promise.resolve()
  return new Promise((resolve) => {
    const began = performance.now()
    const frame = (now: number): void => {
      const t = Math.min(1, (now - began) / ms)
      const eased = 1 - (1 - t) ** 3
      const at = new Map<string, Point>()
      for (const [id, to] of goal) {
        const from = start.get(id)
        if (from) at.set(id, { x: from.x + (to.x - from.x) * eased, y: from.y + (to.y - from.y) * eased })
      }
      session.model.preview(at)
      if (t < 1) requestAnimationFrame(frame)
      else {
        // The caller commits in the same turn, so the preview ends where the document takes over.
        resolve()
        queueMicrotask(() => session.model.clearPreview())
      }
    }
    requestAnimationFrame(frame)
  })
}

/** How far to move so that [from, to] lies within [low, high]; the start wins when it does not fit. */
function shift(from: number, to: number, low: number, high: number): number {
  if (from < low) return low - from
  if (to > high) return Math.max(high - to, low - from)
  return 0
}

function calm(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}

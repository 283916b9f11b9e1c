/**
 * Pulling a wire, as pure states: from a port or from the end of a wire, by dragging, by two clicks or by keys. Nothing is in
 * the document until it ends; then it says what to do. The reason for a refusal is the checker's own sentence.
 */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { EdgeId } from '#src/base/ids.ts'
import type { Result } from '#src/base/result.ts'
import { checkConnection, samePort } from '#src/graph/connect.ts'
import type { Connection, GraphLens } from '#src/graph/connect.ts'
import type { GraphDoc, PortRef } from '#src/graph/model.ts'
import { isRail } from '#src/graph/nested.ts'
import type { NodeViews } from '#src/store/nodeView.ts'
import type { Point } from '#src/store/surface.ts'

/** Snap distance in client pixels; larger for fingers. */
export const SNAP_RADIUS = 26
export const SNAP_RADIUS_COARSE = 38
/** A press that moves less than this is a click. */
export const DRAG_THRESHOLD = 4

export type PortEnd = { readonly ref: PortRef; readonly direction: 'in' | 'out' }

export type Target = {
  readonly end: PortEnd
  /** Middle of the port, in canvas coordinates. */
  readonly point: Point
  readonly verdict: Result<Connection, Diagnostic>
}

export type Pull = {
  readonly phase: 'pulling'
  readonly how: 'drag' | 'click' | 'keys'
  /** The end that stays. */
  readonly anchor: PortEnd
  readonly anchorPoint: Point
  /** The wire that is being re-plugged; it stays in the document until the drop. */
  readonly moved: EdgeId | null
  /** Canvas coordinates. */
  readonly pointer: Point
  readonly target: Target | null
}

export type WireState = { readonly phase: 'idle' } | Pull

export const IDLE: WireState = { phase: 'idle' }

export type WireWorld = { readonly doc: GraphDoc; readonly lens: GraphLens; readonly views: NodeViews }

/** What the end of the gesture asks for. */
export type WireOutcome =
  | { readonly do: 'nothing' }
  | { readonly do: 'connect'; readonly a: PortRef; readonly b: PortRef; readonly moved: EdgeId | null }
  | { readonly do: 'disconnect'; readonly edge: EdgeId }
  /** Released on empty canvas: ask for a node to put there. */
  | { readonly do: 'ask'; readonly from: PortEnd; readonly at: Point }
  | { readonly do: 'refuse'; readonly why: Diagnostic }

export function pull(world: WireWorld, anchor: PortEnd, how: Pull['how'], moved: EdgeId | null = null): WireState {
  const point = portPoint(world, anchor)
  if (!point) return IDLE
  return { phase: 'pulling', how, anchor, anchorPoint: point, moved, pointer: point, target: null }
}

/** `radius` in canvas coordinates. The port that the anchor is, and the place the moved wire comes from, attract nothing. */
export function movePull(world: WireWorld, state: Pull, pointer: Point, radius: number): Pull {
  return { ...state, pointer, target: nearestPort(world, state, pointer, radius) }
}

/** With keys the target is named instead of pointed at. */
export function aimPull(world: WireWorld, state: Pull, end: PortEnd): Pull {
  const point = portPoint(world, end)
  if (!point) return state
  return { ...state, pointer: point, target: { end, point, verdict: verdictOn(world, state, end) } }
}

export function dropPull(state: Pull): WireOutcome {
  const { target, moved, anchor } = state
  if (target) {
    if (!target.verdict.ok) {
      return { do: 'refuse', why: target.verdict.error }
    }
    return { do: 'connect', a: anchor.ref, b: target.end.ref, moved }
  }
  // A wire's end on empty canvas means: away with it. A new wire's end means: give me something to connect to.
  if (moved !== null) return { do: 'disconnect', edge: moved }
  return { do: 'ask', from: anchor, at: state.pointer }
}

export function verdictOn(world: WireWorld, state: Pull, end: PortEnd): Result<Connection, Diagnostic> {
  return checkConnection(world.doc, world.lens, state.anchor.ref, end.ref, state.moved ?? undefined)
}

/** Every port that would take the wire, nearest first, for walking with the arrow keys. */
export function fittingPorts(world: WireWorld, state: Pull): readonly Target[] {
  const found: (Target & { readonly distance: number })[] = []
  for (const id of Object.keys(world.doc.nodes)) {
    for (const { end, point } of portsOf(world, id)) {
      if (end.direction === state.anchor.direction) continue
      const verdict = verdictOn(world, state, end)
      if (verdict.ok) found.push({ end, point, verdict, distance: distance(point, state.anchorPoint) })
    }
  }
  return found.sort((a, b) => a.distance - b.distance)
}

export function portPoint(world: WireWorld, end: PortEnd): Point | null {
  return portsOf(world, end.ref.node).find((p) => sameEnd(p.end, end))?.point ?? null
}

export function sameEnd(a: PortEnd, b: PortEnd): boolean {
  return a.direction === b.direction && samePort(a.ref, b.ref)
}

function nearestPort(world: WireWorld, state: Pull, pointer: Point, radius: number): Target | null {
  let best: { readonly end: PortEnd; readonly point: Point; readonly distance: number } | null = null
  for (const id of Object.keys(world.doc.nodes)) {
    const view = world.views.of(world.doc, id)
    if (!view) continue
    const { x, y } = view.rec.position
    const { width, height } = view.geometry
    if (pointer.x < x - radius || pointer.x > x + width + radius) continue
    if (pointer.y < y - radius || pointer.y > y + height + radius) continue
    for (const candidate of portsOf(world, id)) {
      if (sameEnd(candidate.end, state.anchor)) continue
      const far = distance(candidate.point, pointer)
      if (far <= radius && (!best || far < best.distance)) best = { ...candidate, distance: far }
    }
    best ??= isRail(id) ? null : onlyPortInside(world, state, id, pointer)
  }
  return best && { end: best.end, point: best.point, verdict: verdictOn(world, state, best.end) }
}

/** On the body of a card with exactly one port that takes the wire, that port is meant; on a rail a new one of the group. */
function onlyPortInside(
  world: WireWorld,
  state: Pull,
  id: string,
  pointer: Point,
): { readonly end: PortEnd; readonly point: Point; readonly distance: number } | null {
  const view = world.views.of(world.doc, id)!
  const { x, y } = view.rec.position
  const inside = pointer.x > x && pointer.x < x + view.geometry.width && pointer.y > y
  if (!inside || pointer.y > y + view.geometry.height || id === state.anchor.ref.node) return null
  const fitting = portsOf(world, id).filter(
    (p) => p.end.direction !== state.anchor.direction && verdictOn(world, state, p.end).ok,
  )
  return fitting.length === 1 ? { ...fitting[0]!, distance: Number.POSITIVE_INFINITY } : null
}

function portsOf(world: WireWorld, id: string): readonly { readonly end: PortEnd; readonly point: Point }[] {
  const view = world.views.of(world.doc, id)
  if (!view) return []
  const { x, y } = view.rec.position
  return view.geometry.ports.map(({ port, x: dx, y: dy }) => ({
    end: { ref: { node: view.rec.id, port: port.key }, direction: port.direction },
    point: { x: x + dx, y: y + dy },
  }))
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

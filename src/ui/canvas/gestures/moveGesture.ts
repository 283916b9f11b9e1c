/** Moving cards, as pure states: where they began, where the hand has them, what Shift and Alt make of it. */
import { snapped } from '#src/store/cardGeometry.ts'
import type { Point } from '#src/store/surface.ts'

export type MoveState = {
  readonly start: ReadonlyMap<string, Point>
  readonly delta: Point
  /** Cancelled by Escape: the hand still holds, but nothing moves any more. */
  readonly cancelled: boolean
}

export type MoveModifiers = {
  /** Along one axis only. */
  readonly shift: boolean
  /** Off the grid. */
  readonly mod: boolean
}

export function beginMove(start: ReadonlyMap<string, Point>): MoveState {
  return { start, delta: { x: 0, y: 0 }, cancelled: false }
}

/** `raw` is how far the hand went, in canvas coordinates. */
export function moveBy(state: MoveState, raw: Point, modifiers: MoveModifiers, snap: boolean): MoveState {
  if (state.cancelled) return state
  const locked = modifiers.shift ? alongOneAxis(raw) : raw
  return { ...state, delta: snap && !modifiers.mod ? onGrid(state, locked) : locked }
}

export function cancelMove(state: MoveState): MoveState {
  return { ...state, delta: { x: 0, y: 0 }, cancelled: true }
}

export function places(state: MoveState): ReadonlyMap<string, Point> {
  const { delta } = state
  return new Map([...state.start].map(([id, p]) => [id, { x: p.x + delta.x, y: p.y + delta.y }]))
}

export function hasMoved(state: MoveState): boolean {
  return !state.cancelled && (state.delta.x !== 0 || state.delta.y !== 0)
}

function alongOneAxis(delta: Point): Point {
  return Math.abs(delta.x) >= Math.abs(delta.y) ? { x: delta.x, y: 0 } : { x: 0, y: delta.y }
}

/** The first card lands on the grid and the others keep their distance from it. An axis that rests stays as it is. */
function onGrid(state: MoveState, delta: Point): Point {
  const lead = state.start.values().next().value
  if (!lead) return delta
  return {
    x: delta.x === 0 ? 0 : snapped(lead.x + delta.x) - lead.x,
    y: delta.y === 0 ? 0 : snapped(lead.y + delta.y) - lead.y,
  }
}

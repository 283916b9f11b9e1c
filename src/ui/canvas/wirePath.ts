/** The course of a wire: a curve to the right; a wire that has to go back runs between the rows of cards instead of behind them. */
import { Position, getBezierPath, getSmoothStepPath } from '@xyflow/react'
import type { Point } from '#src/store/surface.ts'

/** Path data, and the place of its label. */
export type WirePath = { readonly path: string; readonly x: number; readonly y: number }

export type WireEnds = {
  readonly source: Point
  readonly target: Point
  /** Top and bottom of the cards at both ends, to find the space between them; without them a wire simply curves. */
  readonly sourceCard?: { readonly top: number; readonly bottom: number }
  readonly targetCard?: { readonly top: number; readonly bottom: number }
}

/** How far before its source a target must be for the wire to count as going back. */
const BACK = 24
const CORNER = 14
const OFFSET = 24

export function wirePath({ source, target, sourceCard, targetCard }: WireEnds): WirePath {
  const ends = {
    sourceX: source.x,
    sourceY: source.y,
    targetX: target.x,
    targetY: target.y,
    sourcePosition: Position.Right,
    targetPosition: Position.Left,
  }
  if (target.x > source.x - BACK || !sourceCard || !targetCard) {
    const [path, x, y] = getBezierPath({ ...ends, curvature: 0.32 })
    return { path, x, y }
  }
  const centerY = laneBetween(sourceCard, targetCard)
  const [path] = getSmoothStepPath({ ...ends, borderRadius: CORNER, offset: OFFSET, centerY })
  return { path, x: (source.x + target.x) / 2, y: centerY }
}

/** The middle of the gap between two cards, or below both when there is none. */
function laneBetween(
  a: { readonly top: number; readonly bottom: number },
  b: { readonly top: number; readonly bottom: number },
): number {
  if (b.top - a.bottom >= 16) return b.top - Math.min(20, (b.top - a.bottom) / 2)
  if (a.top - b.bottom >= 16) return a.top - Math.min(20, (a.top - b.bottom) / 2)
  return Math.max(a.bottom, b.bottom) + OFFSET
}

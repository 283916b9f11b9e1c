/**
 * Where everything on a card is, as a pure function of its ports and its kind's size. Handles are declared to the canvas
 * from this before anything is mounted, layout knows sizes and ports without a DOM, and CSS follows the same numbers.
 */
import type { PortSpec } from '../kinds/contract.ts'

/** All in CSS pixels at zoom 1; multiples of 8, so that cards on the grid have straight wires. */
export const GRID = 8
export const HEADER_HEIGHT = 40
export const ROW_HEIGHT = 24
export const ROWS_TOP = 44
export const SUMMARY_HEIGHT = 28
export const MIN_WIDTH = 200
/** Space around the live body. */
export const BODY_PADDING = 4

export type PlacedPort = {
  readonly port: PortSpec
  /** Centre, relative to the card's top left corner. */
  readonly x: number
  readonly y: number
  /** Wired, but the kind has no such port (any more). */
  readonly broken: boolean
}

export type CardGeometry = {
  readonly width: number
  readonly height: number
  readonly ports: readonly PlacedPort[]
  readonly rows: number
  readonly summaryTop: number
  readonly bodyTop: number
  /** 0 = the kind left no room for a live body. */
  readonly bodyHeight: number
}

export function cardGeometry(
  size: { readonly width: number; readonly height: number },
  ports: readonly PortSpec[],
  broken: readonly PortSpec[] = [],
): CardGeometry {
  const width = snapUp(Math.max(MIN_WIDTH, size.width))
  const placed: PlacedPort[] = []
  const next = { in: 0, out: 0 }
  const place = (port: PortSpec, isBroken: boolean): void => {
    const row = next[port.direction]++
    placed.push({
      port,
      x: port.direction === 'in' ? 0 : width,
      y: ROWS_TOP + row * ROW_HEIGHT + ROW_HEIGHT / 2,
      broken: isBroken,
    })
  }
  for (const port of ports) place(port, false)
  for (const port of broken) place(port, true)
  const rows = Math.max(next.in, next.out)
  const summaryTop = rows > 0 ? ROWS_TOP + rows * ROW_HEIGHT + 4 : HEADER_HEIGHT
  // A card without ports is all body: there is nothing to sum up.
  const bodyTop = rows > 0 ? summaryTop + SUMMARY_HEIGHT : HEADER_HEIGHT
  const height = snapUp(Math.max(size.height, bodyTop + BODY_PADDING))
  const spare = height - bodyTop - BODY_PADDING
  return { width, height, ports: placed, rows, summaryTop, bodyTop, bodyHeight: spare >= 24 ? spare : 0 }
}

/** Position on the grid. */
export function snapped(value: number): number {
  return Math.round(value / GRID) * GRID
}

function snapUp(value: number): number {
  return Math.ceil(value / GRID) * GRID
}

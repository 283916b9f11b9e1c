/** What commands need of the canvas: where things are on screen, and how to show others. The canvas fills it in. */
import type { Point } from './surface.ts'

export type CanvasView = {
  /** Shows all nodes, or these; `once` without the movement, for a document that was just opened. */
  fit(ids?: readonly string[], how?: 'once'): void
  zoomBy(factor: number): void
  zoomTo(zoom: number): void
  /** Moves the view, at the same zoom, so that the nodes are in the middle. */
  centre(ids: readonly string[]): void
  /** Moves as little as needed to have the node in sight. */
  reveal(id: string): void
  /** Middle of the visible part, in canvas coordinates. */
  middle(): Point
  /** Where the pointer is over the canvas, in canvas coordinates; null when it is elsewhere. */
  pointer(): Point | null
  toScreen(point: Point): Point
  toFlow(point: Point): Point
  /** Puts the keyboard focus on the node's card, or on the canvas. */
  focus(id: string | null): void
  /** Node that has the keyboard focus. */
  focused(): string | null
  /** Moves these nodes to new places, smoothly where motion is welcome; resolves when it may be committed. */
  animate(positions: ReadonlyMap<string, Point>): Promise<void>
}

export type Viewport = CanvasView & { attach(view: CanvasView): () => void }

/** Without a canvas (tests, list view) the view is a point at the origin and movements do nothing. */
const NO_CANVAS: CanvasView = {
  fit: () => undefined,
  zoomBy: () => undefined,
  zoomTo: () => undefined,
  centre: () => undefined,
  reveal: () => undefined,
  middle: () => ({ x: 0, y: 0 }),
  pointer: () => null,
  toScreen: (point) => point,
  toFlow: (point) => point,
  focus: () => undefined,
  focused: () => null,
  animate: () => Promise.resolve(),
}

export function createViewport(): Viewport {
  let view = NO_CANVAS
  return {
    attach(next) {
      view = next
      return () => {
        if (view === next) view = NO_CANVAS
      }
    },
    fit: (ids, how) => view.fit(ids, how),
    zoomBy: (factor) => view.zoomBy(factor),
    zoomTo: (zoom) => view.zoomTo(zoom),
    centre: (ids) => view.centre(ids),
    reveal: (id) => view.reveal(id),
    middle: () => view.middle(),
    pointer: () => view.pointer(),
    toScreen: (point) => view.toScreen(point),
    toFlow: (point) => view.toFlow(point),
    focus: (id) => view.focus(id),
    focused: () => view.focused(),
    animate: (positions) => view.animate(positions),
  }
}

/**
 * The scene that both pages show: 500 cards on a grid, each wired to the next. Cards are
 * rich, as editors of this kind have them: a header, three inputs, an output, a line of text and three values; ours also
 * show live curves on 30.
 */
export const CARDS = 500
export const LIVE = 30
export const HZ = 10
export const COLUMNS = 25
export const PITCH = { x: 288, y: 240 }
export const SIZE = { width: 264, height: 216 }

export type Place = { readonly id: string; readonly x: number; readonly y: number }

export function places(): readonly Place[] {
  return Array.from({ length: CARDS }, (_, i) => ({
    id: `n${i}`,
    x: (i % COLUMNS) * PITCH.x,
    y: Math.floor(i / COLUMNS) * PITCH.y,
  }))
}

/** Cards that are in sight at zoom 1 in a 1440×900 window come first among the live ones. */
export function liveIds(): readonly string[] {
  const rows = 5
  const columns = LIVE / rows
  return Array.from({ length: LIVE }, (_, i) => `n${(i % columns) + Math.floor(i / columns) * COLUMNS}`)
}

/** What the pages offer to the driver. */
export type BenchPage = {
  /** Client position of the header of the card that is dragged. */
  handle(): { x: number; y: number }
  /** Number of cards in the page's DOM. */
  mounted(): number
  /** Points painted so far, over all live curves. */
  fed(): number
  /** Place of the dragged card, to see that the drag moved it. */
  place(): { x: number; y: number }
}

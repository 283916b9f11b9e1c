/** Where the arrow keys lead: along wires to the sides, to the nearest card up and down. */
import { edgesInto, edgesOutOf } from '#src/graph/query.ts'
import type { Editor } from '#src/store/editor.ts'

export type Direction = 'left' | 'right' | 'up' | 'down'

/** The node to go to, or null at the edge. From nowhere, the first node in reading order. */
export function neighbour(editor: Editor, from: string | null, direction: Direction): string | null {
  const doc = editor.doc.get()
  const here = from === null ? undefined : doc.nodes[from]
  if (!here || from === null) return firstInReadingOrder(editor)
  if (direction === 'left' || direction === 'right') {
    const wired =
      direction === 'left' ? edgesInto(doc, from).map((e) => e.from.node) : edgesOutOf(doc, from).map((e) => e.to.node)
    const near = nearest(editor, from, wired, () => true)
    if (near) return near
  }
  return nearest(editor, from, Object.keys(doc.nodes), (dx, dy) => {
    switch (direction) {
      case 'left':
        return dx < 0 && Math.abs(dx) >= Math.abs(dy)
      case 'right':
        return dx > 0 && Math.abs(dx) >= Math.abs(dy)
      case 'up':
        return dy < 0 && Math.abs(dy) >= Math.abs(dx) / 2
      case 'down':
        return dy > 0 && Math.abs(dy) >= Math.abs(dx) / 2
    }
  })
}

/** The port beside, above or below on the same card. */
export function portNeighbour(port: HTMLElement, direction: Direction): HTMLElement | null {
  const all = [...(port.closest('[data-card]')?.querySelectorAll<HTMLElement>('[data-port]') ?? [])]
  const side = port.dataset['direction']
  const same = all.filter((p) => p.dataset['direction'] === side)
  const row = same.indexOf(port)
  if (direction === 'up') return same[row - 1] ?? null
  if (direction === 'down') return same[row + 1] ?? null
  const wanted = direction === 'left' ? 'in' : 'out'
  if (side === wanted) return null
  const others = all.filter((p) => p.dataset['direction'] === wanted)
  return others[Math.min(row, others.length - 1)] ?? null
}

function nearest(
  editor: Editor,
  from: string,
  candidates: readonly string[],
  fits: (dx: number, dy: number) => boolean,
): string | null {
  const doc = editor.doc.get()
  const start = middle(editor, from)
  let best: string | null = null
  let distance = Number.POSITIVE_INFINITY
  for (const id of candidates) {
    if (id === from || !doc.nodes[id]) continue
    const at = middle(editor, id)
    const dx = at.x - start.x
    const dy = at.y - start.y
    if (!fits(dx, dy)) continue
    const far = Math.hypot(dx, dy)
    if (far < distance) {
      best = id
      distance = far
    }
  }
  return best
}

function firstInReadingOrder(editor: Editor): string | null {
  const nodes = Object.values(editor.doc.get().nodes)
  const sorted = nodes.sort((a, b) => a.position.x + a.position.y - (b.position.x + b.position.y))
  return sorted[0]?.id ?? null
}

function middle(editor: Editor, id: string): { x: number; y: number } {
  const view = editor.views.of(editor.doc.get(), id)!
  return {
    x: view.rec.position.x + view.geometry.width / 2,
    y: view.rec.position.y + view.geometry.height / 2,
  }
}

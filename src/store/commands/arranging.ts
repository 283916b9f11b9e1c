/** Places of cards: nudge, align, distribute, tidy. */
import type { NodeId } from '../../base/ids.ts'
import { edgesOfNodes, nodeOf } from '../../graph/query.ts'
import { GRID, snapped } from '../cardGeometry.ts'
import type { LayoutRequest } from '../../services/layoutService.ts'
import type { Editor } from '../editor.ts'
import type { Point } from '../surface.ts'
import type { Command } from './command.ts'
import { placeNodes } from './placing.ts'
import { plural } from './wording.ts'

type Box = {
  readonly id: NodeId
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Keys have no pointer-up: presses in quick succession are one step. */
export function nudge(editor: Editor, dx: number, dy: number): void {
  const ids = [...editor.selection.get().nodes]
  const doc = editor.doc.get()
  const places = new Map<string, Point>()
  for (const id of ids) {
    const rec = nodeOf(doc, id)
    if (rec) places.set(id, { x: rec.position.x + dx, y: rec.position.y + dy })
  }
  placeNodes(editor, `Move ${plural(places.size, 'node')}`, places, JSON.stringify(['nudge', ids.sort()]))
}

type Alignment = 'left' | 'right' | 'top' | 'bottom' | 'centre' | 'middle'

export function align(editor: Editor, how: Alignment): void {
  const boxes = selectedBoxes(editor)
  const left = Math.min(...boxes.map((b) => b.x))
  const right = Math.max(...boxes.map((b) => b.x + b.width))
  const top = Math.min(...boxes.map((b) => b.y))
  const bottom = Math.max(...boxes.map((b) => b.y + b.height))
  const place = (b: Box): Point => {
    switch (how) {
      case 'left':
        return { x: left, y: b.y }
      case 'right':
        return { x: right - b.width, y: b.y }
      case 'top':
        return { x: b.x, y: top }
      case 'bottom':
        return { x: b.x, y: bottom - b.height }
      case 'centre':
        return { x: snapped((left + right - b.width) / 2), y: b.y }
      case 'middle':
        return { x: b.x, y: snapped((top + bottom - b.height) / 2) }
    }
  }
  placeNodes(editor, `Align ${plural(boxes.length, 'node')}`, new Map(boxes.map((b) => [b.id, place(b)])))
}

/** Equal gaps between neighbours; the outermost two stay. */
export function distribute(editor: Editor, axis: 'x' | 'y'): void {
  const size = axis === 'x' ? 'width' : 'height'
  const boxes = selectedBoxes(editor).sort((a, b) => a[axis] - b[axis])
  const first = boxes[0]!
  const last = boxes.at(-1)!
  const inner = boxes.reduce((sum, b) => sum + b[size], 0)
  const gap = (last[axis] + last[size] - first[axis] - inner) / (boxes.length - 1)
  const places = new Map<string, Point>()
  let next = first[axis]
  for (const box of boxes) {
    const at = box === first || box === last ? box[axis] : snapped(next)
    places.set(box.id, axis === 'x' ? { x: at, y: box.y } : { x: box.x, y: at })
    next += box[size] + gap
  }
  placeNodes(editor, `Distribute ${plural(boxes.length, 'node')}`, places)
}

/** Asks the layout worker for places of all nodes, or of the selected ones when there are several, and moves there smoothly. */
export async function tidy(editor: Editor): Promise<void> {
  const { layout } = editor.ports
  if (!layout) return
  const selected = editor.selection.get().nodes
  const doc = editor.doc.get()
  const ids = selected.size > 1 ? [...selected] : Object.keys(doc.nodes)
  const found = await layout.layout(layoutRequest(editor, ids))
  if (!found) {
    const problem = layout.problem()
    if (problem) editor.announce.alert(problem.message)
    return
  }
  // The document may have changed while the worker thought: its answer is about nodes that are still there.
  const alive = [...found].filter(([id]) => nodeOf(editor.doc.get(), id))
  if (alive.length === 0) return
  const places = anchored(editor, new Map(alive))
  await editor.viewport.animate(places)
  placeNodes(editor, 'Tidy up', places)
  if (selected.size <= 1) editor.viewport.fit()
  editor.announce.say(`Tidied up ${plural(places.size, 'node')}`)
}

export function layoutRequest(editor: Editor, ids: readonly string[]): LayoutRequest {
  const doc = editor.doc.get()
  const wanted = new Set(ids)
  return {
    nodes: ids.flatMap((id) => {
      const view = editor.views.of(doc, id)
      if (!view) return []
      const { width, height, ports } = view.geometry
      return [
        { id, width, height, ports: ports.map((p) => ({ key: p.port.key, direction: p.port.direction, y: p.y })) },
      ]
    }),
    edges: edgesOfNodes(doc, wanted)
      .map((id) => doc.edges[id]!)
      .filter((e) => wanted.has(e.from.node) && wanted.has(e.to.node)),
  }
}

/** Keeps the group's upper left corner where it is, so that the picture does not jump. */
function anchored(editor: Editor, places: ReadonlyMap<string, Point>): ReadonlyMap<string, Point> {
  const doc = editor.doc.get()
  const corner = (points: readonly Point[]): Point => ({
    x: Math.min(...points.map((p) => p.x)),
    y: Math.min(...points.map((p) => p.y)),
  })
  const now = corner([...places.keys()].map((id) => doc.nodes[id]!.position))
  const then = corner([...places.values()])
  const shift = { x: now.x - then.x, y: now.y - then.y }
  return new Map([...places].map(([id, p]) => [id, { x: snapped(p.x + shift.x), y: snapped(p.y + shift.y) }]))
}

function selectedBoxes(editor: Editor): Box[] {
  const doc = editor.doc.get()
  return [...editor.selection.get().nodes].flatMap((id) => {
    const view = editor.views.of(doc, id)
    return view ? [{ id: view.rec.id, ...view.rec.position, ...view.geometry }] : []
  })
}

const several =
  (count: number) =>
  (editor: Editor): true | string =>
    editor.selection.get().nodes.size >= count || `Select ${count} nodes or more`

const aligned = (how: Alignment, title: string, key: string): Command => ({
  id: `arrange.align.${how}`,
  title,
  group: 'Arrange',
  scope: 'editing',
  keys: [`A ${key}`],
  when: several(2),
  run: (editor) => align(editor, how),
})

/** Grid steps of a key press with and without Shift. */
const FAR = 5

const nudged = (direction: string, key: string, dx: number, dy: number): readonly Command[] =>
  [1, FAR].map((steps) => ({
    id: `arrange.nudge.${direction}${steps === FAR ? '.far' : ''}`,
    title: `Move ${direction}${steps === FAR ? ` by ${FAR} steps` : ''}`,
    group: 'Arrange',
    scope: 'editing',
    keys: [`Mod+${steps === FAR ? 'Shift+' : ''}Arrow${key}`],
    when: several(1),
    run: (editor) => nudge(editor, dx * GRID * steps, dy * GRID * steps),
  }))

export const arrangingCommands: readonly Command[] = [
  {
    id: 'arrange.tidy',
    title: 'Tidy up (all, or the selection)',
    group: 'Arrange',
    scope: 'editing',
    keys: ['Shift+Alt+T'],
    when: ({ doc, ports }) =>
      ports.layout === null
        ? 'The layout worker is not available'
        : Object.keys(doc.get().nodes).length > 1 || 'There is nothing to arrange',
    run: (editor) => void tidy(editor),
  },
  ...nudged('left', 'Left', -1, 0),
  ...nudged('right', 'Right', 1, 0),
  ...nudged('up', 'Up', 0, -1),
  ...nudged('down', 'Down', 0, 1),
  aligned('left', 'Align left edges', 'L'),
  aligned('right', 'Align right edges', 'R'),
  aligned('top', 'Align top edges', 'T'),
  aligned('bottom', 'Align bottom edges', 'B'),
  aligned('centre', 'Align centres in a column', 'C'),
  aligned('middle', 'Align middles in a row', 'M'),
  {
    id: 'arrange.distribute.horizontally',
    title: 'Distribute horizontally',
    group: 'Arrange',
    scope: 'editing',
    keys: ['A H'],
    when: several(3),
    run: (editor) => distribute(editor, 'x'),
  },
  {
    id: 'arrange.distribute.vertically',
    title: 'Distribute vertically',
    group: 'Arrange',
    scope: 'editing',
    keys: ['A V'],
    when: several(3),
    run: (editor) => distribute(editor, 'y'),
  },
]

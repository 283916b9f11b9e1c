/** Laws of editing, held by thousands of random commands on the headless editor. A failing seed is printed and can be pinned. */
import { describe, expect, test } from 'vitest'
import { createDefaultRegistry } from '#nodes/index.ts'
import { seededRng } from '#src/base/rng.ts'
import type { NodeId } from '#src/base/ids.ts'
import { parseDoc, serialiseDoc } from '#src/graph/codec.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { setNodeParams } from '#src/store/commands/nodes.ts'
import { pasteText } from '#src/store/commands/clipboardCommands.ts'
import { sameSelection } from '#src/store/selection.ts'
import { createFlowModel } from '#src/ui/canvas/flowModel.ts'
import { createTestEditor } from '../support/editor.ts'
import type { TestEditor } from '../support/editor.ts'

const kinds = createDefaultRegistry().all
const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1)
const EDITS = 60

type Rng = ReturnType<typeof seededRng>

const pick = <T>(rng: Rng, items: readonly T[]): T | undefined => items[Math.floor(rng.next() * items.length)]

/** The document, also while a group of it is open. */
const whole = (t: TestEditor): GraphDoc => t.editor.doc.whole()

/** One thing that a hand could do, sensible or not. */
function anything(t: TestEditor, rng: Rng): void {
  const ids = Object.keys(t.doc().nodes)
  const id = pick(rng, ids)
  const at = { x: Math.round(rng.next() * 2000), y: Math.round(rng.next() * 1200) }
  switch (Math.floor(rng.next() * 14)) {
    case 0:
    case 1:
      t.add(pick(rng, kinds)!.kind, at)
      return
    case 2:
      if (id) t.drag(id, { x: at.x - 900, y: at.y - 600 }, { alt: rng.next() < 0.2, shift: rng.next() < 0.2 })
      return
    case 3:
    case 4:
    case 5: {
      const ends = ids.flatMap((node) => t.editor.views.of(t.doc(), node)!.geometry.ports.map((p) => ({ node, p })))
      const a = pick(rng, ends)
      const b = pick(rng, ends)
      if (a && b) {
        t.dropWire(t.port(a.node, a.p.port.key, a.p.port.direction), t.port(b.node, b.p.port.key, b.p.port.direction))
      }
      return
    }
    case 6:
      t.editor.selection.set({
        nodes: new Set(ids.filter(() => rng.next() < 0.25)),
        edges: new Set(Object.keys(t.doc().edges).filter(() => rng.next() < 0.25)),
      })
      return
    case 7:
      t.press(
        pick(rng, [
          'Delete',
          'Mod+D',
          'Mod+ArrowLeft',
          'Mod+G',
          'Mod+Shift+G',
          'A L',
          'A V',
          'Alt+X',
          'Mod+A',
          'Escape',
        ])!,
      )
      return
    case 8:
      if (id)
        setNodeParams(t.editor, id as NodeId, { [pick(rng, ['name', 'learningRate', 'text', 'nonsense'])!]: at.x })
      return
    case 9:
      t.press(pick(rng, ['Mod+Z', 'Mod+Z', 'Mod+Shift+Z'])!)
      return
    case 10:
      pasteText(t.editor, pick(rng, ['{"prompt":"a","answer":"b"}', serialiseDoc(whole(t)), 'prose', '[]', '{'])!)
      return
    case 11: {
      const edge = pick(rng, Object.values(t.doc().edges))
      if (edge) t.editor.commands.run('add.onWire', { kind: pick(rng, kinds)!.kind, edge: edge.id })
      return
    }
    case 12: {
      const group = pick(
        rng,
        ids.filter((node) => t.node(node).kind === 'group'),
      )
      if (rng.next() < 0.3) t.press('U')
      else if (group) t.editor.commands.run('group.open', { node: group })
      else t.press('Mod+G')
      return
    }
    default:
      t.wait(Math.round(rng.next() * 800))
  }
}

function session(seed: number): { t: TestEditor; start: GraphDoc } {
  const t = createTestEditor()
  const start = t.doc()
  const rng = seededRng(seed)
  for (let i = 0; i < EDITS; i++) anything(t, rng)
  return { t, start }
}

describe.each(SEEDS)('after random edits (seed %i)', (seed) => {
  const { t, start } = session(seed)

  test('undoing everything gives the first document, redoing everything the last, with its selection', () => {
    while (t.editor.commands.refusal('edit.redo') === null) t.press('Mod+Shift+Z')
    const last = whole(t)
    const { past } = t.editor.doc.history()
    expect(past.length).toBeGreaterThan(4)
    const versions: GraphDoc[] = []
    while (t.editor.commands.refusal('edit.undo') === null) {
      versions.push(whole(t))
      t.press('Mod+Z')
    }
    expect(whole(t)).toEqual(start)
    for (const version of versions.reverse()) {
      t.press('Mod+Shift+Z')
      expect(whole(t)).toEqual(version)
    }
    expect(whole(t)).toEqual(last)
    expect(sameSelection(t.editor.selection.get(), past.at(-1)!.selectionAfter)).toBe(true)
  })

  test('the canvas shows what a canvas opened now would show', () => {
    const fresh = createFlowModel(t.editor)
    fresh.start()
    const byId = <T extends { readonly id: string }>(items: readonly T[]): T[] =>
      [...items].sort((a, b) => (a.id < b.id ? -1 : 1))
    expect(byId(t.session.model.nodes())).toEqual(byId(fresh.nodes()))
    expect(byId(t.session.model.edges())).toEqual(byId(fresh.edges()))
  })

  test('the file of the document is the document', () => {
    expect(parseDoc(serialiseDoc(whole(t)))).toEqual({ doc: whole(t), diagnostics: [] })
  })

  test('compiling says what is wrong and never throws', () => {
    expect(() => t.editor.problems.flush()).not.toThrow()
    t.wait(1000)
    expect(t.editor.problems.state.docVersion).toBe(t.editor.doc.state.docVersion)
  })
})

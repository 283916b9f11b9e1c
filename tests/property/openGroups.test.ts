/** Laws of an opened group over random edits: a lens on the document, and exactly what the compiler sees. */
import { describe, expect, test } from 'vitest'
import type { EdgeId, NodeId } from '#src/base/ids.ts'
import { seededRng } from '#src/base/rng.ts'
import { flatten } from '#src/compiler/flatten/flatten.ts'
import { compile } from '#src/compiler/compile.ts'
import { edit } from '#src/graph/change.ts'
import { parseDoc, serialiseDoc } from '#src/graph/codec.ts'
import type { GraphDoc, NodeRec, Params } from '#src/graph/model.ts'
import { groupOf, isRail, within } from '#src/graph/nested.ts'
import { setBinding } from '#src/graph/ops.ts'
import { draw } from '#src/kinds/drawing.ts'
import { levelAt } from '#src/kinds/level.ts'
import { facts, pipeline, registry } from '../support/pipeline.ts'
import { randomEdits } from './randomEdits.ts'

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1)
const EDITS = 25

const promoted = [
  { key: 'batch', label: 'Batch', node: 'sft', field: 'batchSize' },
  { key: 'rate', label: 'Rate', node: 'rl', field: 'learningRate' },
]

/** The pipeline in a group, with a value and a binding at its card. */
function grouped(): GraphDoc {
  const { nodes, edges } = pipeline()
  const port = (key: string, direction: string, node: string, at: string, type: string): Params => ({
    ...{ key, label: key, type, direction, required: false, multiple: false },
    inner: [{ node, port: at }],
  })
  const ports = [port('saved', 'out', 'after', 'saved', 'policy'), port('more', 'in', 'more', 'heldout', 'dataset')]
  const drawn = draw(registry)
    .node('g', 'group', { graph: { nodes, edges }, promoted, values: { batch: 20 }, ports } as never)
    .node('lr', 'parameter', { name: 'lr' }).doc
  return edit(drawn, (draft) => void setBinding(draft, 'g' as NodeId, 'rate', 'lr')).doc
}

/** The same group in another one, which shows one of its fields again. */
function twice(): GraphDoc {
  const { g, lr } = grouped().nodes
  const shown = [{ key: 'b', label: 'B', node: 'g', field: 'batch' }]
  const params = { graph: { nodes: { g, lr }, edges: {} }, promoted: shown, values: { b: 24 } }
  return draw(registry).node('o', 'group', params as never).doc
}

const stories = [
  { name: 'a group', path: 'g', first: grouped() },
  { name: 'a group in a group', path: 'o/g', first: twice() },
]

describe.each(stories)('$name that is open', ({ path, first }) => {
  const level = levelAt(registry, path)

  /** The document after each of a story's edits inside the group. */
  function* edited(seed: number): Generator<GraphDoc, void> {
    let doc = first
    const source = randomEdits(seededRng(seed), registry)
    for (let i = 0; i < EDITS; i++) {
      const before = level.get(doc)!
      doc = level.put(doc, edit(before, source.next(before).apply).doc)
      yield doc
    }
  }

  test('is a lens: what is put is what is got, and what was got is put back as it was', () => {
    each((seed) => {
      let doc = first
      const source = randomEdits(seededRng(seed), registry)
      for (let i = 0; i < EDITS; i++) {
        const before = level.get(doc)!
        expect(level.put(doc, before)).toBe(doc)
        expect(level.put(doc, structuredClone(before))).toEqual(doc)
        const after = edit(before, source.next(before).apply).doc
        const next = level.put(doc, after)
        expect(JSON.stringify(withoutRails(level.get(next)!))).toBe(JSON.stringify(withoutRails(renamed(after, path))))
        expect(level.get(next)!.title).toBe(after.title)
        doc = next
      }
    })
  })

  test('shows what the compiler sees, after any edit', () => {
    each((seed) => {
      for (const doc of edited(seed)) {
        // The same as if the nodes inside, and those around the group, lay on a canvas under their long names.
        const outer = groupOf(path) === '' ? doc : levelAt(registry, groupOf(path)).get(doc)!
        const around = Object.entries(outer.nodes).filter(([id]) => id !== path && !isRail(id))
        const inside = withoutRails(level.get(doc)!)
        const bare = { ...doc, nodes: { ...Object.fromEntries(around), ...inside.nodes }, edges: inside.edges }
        const [alone, whole] = [bare, doc].map((drawing) => flatten(drawing, registry).doc)
        expect(sorted(Object.values(whole!.nodes))).toEqual(sorted(Object.values(alone!.nodes)))
        expect(sorted(Object.values(whole!.edges))).toEqual(sorted(Object.values(alone!.edges)))
      }
    })
  })

  test('leaves a document that is saved, opened and compiled like any other', () => {
    each((seed) => {
      const doc = [...edited(seed)].at(-1)!
      expect(parseDoc(serialiseDoc(doc))).toEqual({ doc, diagnostics: [] })
      expect(() => compile(doc, registry, facts)).not.toThrow()
      expect(compile(doc, registry, facts).diagnostics.map((d) => d.code)).not.toContain('KD2704')
    })
  })
})

function each(law: (seed: number) => void): void {
  for (const seed of SEEDS) {
    try {
      law(seed)
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause })
    }
  }
}

/** Ids of new things, as the group gives them back. */
function renamed(doc: GraphDoc, path: string): GraphDoc {
  const id = <T extends string>(known: T): T => (groupOf(known) === path ? known : within<T>(path, known))
  const nodes = Object.values(doc.nodes).map((node): NodeRec => ({ ...node, id: id<NodeId>(node.id) }))
  const edges = Object.values(doc.edges).map(({ id: own, from, to }) => ({
    id: id<EdgeId>(own),
    from: { node: id<NodeId>(from.node), port: from.port },
    to: { node: id<NodeId>(to.node), port: to.port },
  }))
  return { ...doc, nodes: byId(nodes), edges: byId(edges) }
}

function withoutRails({ nodes, edges }: GraphDoc): Pick<GraphDoc, 'nodes' | 'edges'> {
  const wires = Object.values(edges).filter(({ from, to }) => !isRail(from.node) && !isRail(to.node))
  return {
    nodes: byId(sorted(Object.values(nodes).filter(({ id }) => !isRail(id)))),
    edges: byId(sorted(wires)),
  }
}

function sorted<T extends { readonly id: string }>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => (a.id < b.id ? -1 : 1)).map(inOrder)
}

/** Members in one order, so that texts can be compared. */
function inOrder<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(inOrder) as T
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, inOrder(v)]),
  ) as T
}

function byId<T extends { readonly id: string }>(items: readonly T[]): { readonly [id: string]: T } {
  return Object.fromEntries(items.map((item) => [item.id, item]))
}

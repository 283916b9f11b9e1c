/** Laws of documents and of the compiler over random edits. A failure names its seed; seeds that failed once stay pinned. */
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Patch } from 'immer'
import { canonicalJson } from '#src/base/canonicalJson.ts'
import type { DocId, NodeId } from '#src/base/ids.ts'
import { countingIds } from '#src/base/ids.ts'
import { seededRng } from '#src/base/rng.ts'
import { compile } from '#src/compiler/compile.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import { applyChange, edit, touchedBy } from '#src/graph/change.ts'
import { parseDoc, serialiseDoc } from '#src/graph/codec.ts'
import { copyText, parseFragment, paste } from '#src/graph/fragment.ts'
import { emptyDoc } from '#src/graph/model.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { topologicalOrder } from '#src/graph/order.ts'
import { edgesInto, edgesOutOf, sortedEdges } from '#src/graph/query.ts'
import { createRegistry } from '#src/kinds/registry.ts'
import { applied } from '../support/kindSuite.ts'
import { pipeline, registry } from '../support/pipeline.ts'
import { randomEdits } from './randomEdits.ts'
import { randomFacts } from './randomFacts.ts'

const SEEDS = Array.from({ length: 200 }, (_, i) => i + 1)
const EDITS = 50
/** Half of the stories begin with a drawing that runs, half with nothing. */

/** 200 seeds of 50 edits: 10,000 edits, shared by the laws below. */
const stories = SEEDS.map((seed) => ({ seed, ...story(seed) }))

function story(seed: number) {
  const rng = seededRng(seed)
  const source = randomEdits(rng, registry)
  const first = seed % 2 === 0 ? pipeline() : emptyDoc('d' as DocId)
  let doc = first
  const steps: {
    readonly name: string
    readonly patches: readonly Patch[]
    readonly inverse: readonly Patch[]
    readonly before: GraphDoc
    readonly after: GraphDoc
  }[] = []
  for (let i = 0; i < EDITS; i++) {
    const before = doc
    const { name, apply } = source.next(doc)
    const change = edit(doc, apply)
    doc = change.doc
    steps.push({ name, patches: change.patches, inverse: change.inverse, before, after: doc })
  }
  return { first, doc, steps, facts: randomFacts(rng, factRequests(doc, registry)) }
}

function each(law: (story: (typeof stories)[number]) => void): void {
  for (const told of stories) {
    try {
      law(told)
    } catch (cause) {
      throw new Error(`seed ${told.seed}: ${told.steps.map((s) => s.name).join(', ')}`, { cause })
    }
  }
}

test('the random drawings are worth testing: they have wires, plans and problems', () => {
  const results = stories.map(({ doc, facts }) => compile(doc, registry, facts))
  const codes = new Set(results.flatMap((r) => r.diagnostics.map((d) => d.code)))
  expect(stories.reduce((sum, { doc }) => sum + Object.keys(doc.edges).length, 0)).toBeGreaterThan(1000)
  expect(results.filter((r) => Object.keys(r.estimates).length > 0).length).toBeGreaterThan(3)
  expect(codes.size).toBeGreaterThan(20)
})

describe('changes', () => {
  test('taken back give the document before, one by one', () => {
    each(({ steps }) => {
      for (const { before, after, inverse } of steps) same(applyChange(after, inverse), before)
    })
  })
  test('all taken back and all done again give the same documents', () => {
    each(({ first, doc, steps }) => {
      let now = doc
      for (const { inverse } of steps.toReversed()) now = applyChange(now, inverse)
      same(now, first)
      for (const { patches } of steps) now = applyChange(now, patches)
      same(now, doc)
    })
  })
  test('name every node and wire that differs', () => {
    each(({ steps }) => {
      for (const { before, after, patches } of steps) {
        const touched = touchedBy(patches, before, after)
        for (const part of ['nodes', 'edges'] as const) {
          const ids = new Set([...Object.keys(before[part]), ...Object.keys(after[part])])
          for (const id of ids)
            if (before[part][id] !== after[part][id] && !touched[part].has(id)) expect(touched[part]).toContain(id)
        }
      }
    })
  })
})

describe('documents', () => {
  test('read back from their file as they were, in the same bytes', () => {
    each(({ doc }) => {
      const text = serialiseDoc(doc)
      // Wires drawn twice by a broken program are the one thing that a file does not keep.
      const twice = doubledWires(doc)
      const opened = parseDoc(text)
      if (twice === 0) same(opened, { doc, diagnostics: [] })
      expect(opened.diagnostics.map((d) => d.code)).toEqual(Array<string>(twice).fill('GR1008'))
      expect(serialiseDoc(parseDoc(serialiseDoc(opened.doc!)).doc!)).toBe(serialiseDoc(opened.doc!))
    })
  })
  test('answer from indexes that equal fresh ones', () => {
    each(({ doc }) => {
      const fresh = structuredClone(doc)
      expect(sortedEdges(doc)).toEqual(sortedEdges(fresh))
      expect(topologicalOrder(doc)).toEqual(topologicalOrder(fresh))
      for (const id of Object.keys(doc.nodes)) {
        expect(edgesInto(doc, id)).toEqual(
          Object.values(fresh.edges)
            .filter((e) => e.to.node === id)
            .sort(byId),
        )
        expect(edgesOutOf(doc, id)).toEqual(
          Object.values(fresh.edges)
            .filter((e) => e.from.node === id)
            .sort(byId),
        )
      }
    })
  })
  test('have every node in the order or below a circle, sources before what they feed', () => {
    each(({ doc }) => {
      const { order, cycles } = topologicalOrder(doc)
      const rank = new Map(order.map((id, i) => [id, i]))
      for (const { from, to } of Object.values(doc.edges)) {
        const [a, b] = [rank.get(from.node), rank.get(to.node)]
        if (b !== undefined) expect(a).toBeLessThan(b)
      }
      if (cycles.length === 0) expect(order).toHaveLength(Object.keys(doc.nodes).length)
    })
  })
  test('copied and pasted are the same drawing under fresh ids', () => {
    each(({ doc }) => {
      const all = Object.keys(doc.nodes) as NodeId[]
      if (all.length === 0 || doubledWires(doc) > 0) return
      const read = parseFragment(copyText(doc, all))
      if (!read.ok) throw new Error(read.error.message)
      const copy = edit(
        emptyDoc('c' as DocId),
        (d) => void paste(d, read.value.fragment, countingIds(), { x: 5, y: 7 }),
      ).doc
      expect(shape(copy, 5, 7)).toEqual(shape(doc, 0, 0))
    })
  })
})

describe('compiling', () => {
  test('tells diagnostics and never throws, whatever was drawn', () => {
    each(({ doc, facts }) => {
      const { plan, diagnostics, pending } = compile(doc, registry, facts)
      if (diagnostics.some((d) => d.severity === 'error') || pending) expect(plan).toBeNull()
      for (const d of diagnostics) expect(d.message).toMatch(/^\S.*[.?]$/su)
    })
  })
  test('gives the same bytes for any order of keys and any place of the cards', () => {
    each(({ doc, facts, seed }) => {
      const elsewhere = moved(reordered(doc, seed), seed)
      const [a, b] = [doc, elsewhere].map((d) => canonicalJson(compile(d, registry, facts)))
      expect(b).toBe(a)
    })
  })
  test('gives the same result from what it remembers as from nothing', () => {
    each(({ doc, facts }) => {
      const fresh = compile(structuredClone(doc), createRegistry(registry.all), facts)
      same(compile(doc, registry, facts), fresh)
    })
  })
  test('hashes by content: titles change no hash', () => {
    each(({ doc, facts }) => {
      const { plan } = compile(doc, registry, facts)
      const renamed = edit(doc, (d) => {
        for (const node of Object.values(d.nodes)) node.title = `Other ${node.id}`
      }).doc
      expect(compile(renamed, registry, facts).plan?.hash).toBe(plan?.hash)
    })
  })
  test('offers fixes that remove what they are offered for', () => {
    each(({ doc, facts }) => {
      for (const diagnostic of compile(doc, registry, facts).diagnostics) {
        if (!diagnostic.fix) continue
        const mended = applied(doc, diagnostic.fix.command, diagnostic.fix.args)
        expect(compile(mended, registry, facts).diagnostics).not.toContainEqual(diagnostic)
      }
    })
  })
})

/** Strict equality first: the test library's own comparison costs ten times more and is only wanted for its message. */
function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected)
}

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)

function doubledWires(doc: GraphDoc): number {
  const ends = Object.values(doc.edges).map((e) => JSON.stringify([e.from, e.to]))
  return ends.length - new Set(ends).size
}

/** Everything but ids: nodes by content, wires by the content of their ends. */
function shape(doc: GraphDoc, dx: number, dy: number) {
  const face = (id: string): string => {
    const { id: _, position, ...rest } = doc.nodes[id]!
    return canonicalJson({ ...rest, x: position.x - dx, y: position.y - dy })
  }
  const wires = Object.values(doc.edges).map((e) =>
    [face(e.from.node), e.from.port, face(e.to.node), e.to.port].join('|'),
  )
  return { nodes: Object.keys(doc.nodes).map(face).sort(), wires: wires.sort() }
}

function reordered(doc: GraphDoc, seed: number): GraphDoc {
  const rng = seededRng(seed)
  const shuffled = <T>(record: { readonly [key: string]: T }): { [key: string]: T } =>
    Object.fromEntries(rng.shuffle(Object.entries(record)))
  const nodes = Object.fromEntries(
    Object.entries(shuffled(doc.nodes)).map(([id, node]) => [
      id,
      { ...shuffled(node as never), params: shuffled(node.params) },
    ]),
  )
  return { ...doc, nodes: nodes as never, edges: shuffled(doc.edges), assets: shuffled(doc.assets) }
}

function moved(doc: GraphDoc, seed: number): GraphDoc {
  const nodes = Object.entries(doc.nodes).map(([id, node]) => [id, { ...node, position: { x: seed, y: -seed } }])
  return { ...doc, nodes: Object.fromEntries(nodes) as never }
}

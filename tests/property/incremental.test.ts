/** A compiler that remembers gives the bytes of one that does not, after any edits, and lowers only what an edit reaches. */
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '#src/base/canonicalJson.ts'
import type { DocId, NodeId } from '#src/base/ids.ts'
import { seededRng } from '#src/base/rng.ts'
import { compile, createCompiler, resultBytes } from '#src/compiler/compile.ts'
import { factRequests, freshFactMemo } from '#src/compiler/factRequests.ts'
import { edit } from '#src/graph/change.ts'
import { emptyDoc } from '#src/graph/model.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { moveNodes, setParam } from '#src/graph/ops.ts'
import { downstream } from '#src/graph/query.ts'
import { applied } from '../support/kindSuite.ts'
import { facts, pipeline, registry } from '../support/pipeline.ts'
import { branches, sums } from '../golden/drawings.ts'
import { randomEdits } from './randomEdits.ts'
import { randomFacts } from './randomFacts.ts'

const MODES = [undefined, undefined, 'bypass', 'mute'] as const

describe('after every edit of random stories', () => {
  test.each(Array.from({ length: 24 }, (_, i) => i + 1))('seed %i', (seed) => {
    const rng = seededRng(seed)
    const source = randomEdits(rng, registry)
    const compiler = createCompiler(registry)
    const asked = freshFactMemo()
    let doc: GraphDoc = seed % 3 === 0 ? emptyDoc('d' as DocId) : pipeline()
    let known = facts
    for (let i = 0; i < 30; i++) {
      doc = edit(doc, (draft) => {
        source.next(doc).apply(draft)
        // What random edits do not know of: modes, bindings, and fields bound to what is not there.
        const ids = Object.keys(draft.nodes)
        const node = draft.nodes[ids[rng.int(Math.max(1, ids.length))] as NodeId]
        if (!node || rng.next() < 0.5) return
        const mode = MODES[rng.int(MODES.length)]
        if (mode) node.mode = mode
        else delete node.mode
        if (rng.next() < 0.4) node.bindings = { learningRate: 'lr' }
        else delete node.bindings
      }).doc
      const requests = factRequests(doc, registry)
      expect(factRequests(doc, registry, asked), `edit ${i}`).toEqual(requests)
      if (rng.next() < 0.2) known = randomFacts(rng, requests)
      const fresh = compile(structuredClone(doc), registry, known)
      expect(resultBytes(compiler.compile(doc, known)), `edit ${i}`).toBe(resultBytes(fresh))
    }
  })
})

test('one edit lowers the touched node and those behind it, no others', () => {
  const compiler = createCompiler(registry)
  const doc = pipeline()
  compiler.compile(doc, facts)
  expect(compiler.lowered).toBe(Object.keys(doc.nodes).length)
  for (const [node, field, value] of [
    ['sft', 'learningRate', 3.3e-4],
    ['style', 'weight', 0.2],
    ['eval', 'seed', 3],
  ] as const) {
    const next = edit(doc, (draft) => void setParam(draft, node as NodeId, field, value)).doc
    compiler.compile(doc, facts)
    compiler.compile(next, facts)
    expect(compiler.lowered).toBeGreaterThan(0)
    expect(compiler.lowered).toBeLessThanOrEqual(downstream(doc, node).size + 1)
  }
})

describe('what is no part of a run changes no key', () => {
  test.each([pipeline(), branches(), sums()].map((doc) => [doc.title, doc] as const))('%s', (_, doc) => {
    const plain = compile(doc, registry, facts).plan!
    const places = Object.values(doc.nodes).map((node, i) => [node.id, { x: i * 7, y: -i }] as const)
    const moved = edit(doc, (draft) => {
      moveNodes(draft, places)
      draft.title = 'Another'
      for (const [i, node] of Object.values(draft.nodes).entries()) if (node.kind !== 'note') node.title = `Title ${i}`
    }).doc
    const note = {
      id: 'words',
      kind: 'note',
      kindVersion: 1,
      title: '',
      params: { text: 'x', colour: 'blue' },
      position: { x: 0, y: 0 },
    }
    const noted = edit(moved, (draft) => void (draft.nodes['words' as NodeId] = note as never)).doc
    const reversed = JSON.parse(canonicalJson(noted), (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    ) as GraphDoc
    expect(compile(reversed, registry, facts).plan!.hashes).toEqual(plain.hashes)
  })
})

test('a fix that sets a param works on the remembering compiler, too', () => {
  const compiler = createCompiler(registry)
  const doc = pipeline({ sft: { batchSize: 4000 } })
  const problem = compiler.compile(doc, facts).diagnostics.find((d) => d.code === 'CM3501')!
  const mended = applied(doc, problem.fix!.command, problem.fix!.args)
  expect(compiler.compile(mended, facts).diagnostics.map((d) => d.code)).not.toContain('CM3501')
})

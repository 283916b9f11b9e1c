/** Whatever a file holds, opening it gives a document or a reason; what was opened once opens again without a word. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DocId } from '#src/base/ids.ts'
import { seededRng } from '#src/base/rng.ts'
import { compile } from '#src/compiler/compile.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import { parseDoc, readDoc, serialiseDoc } from '#src/graph/codec.ts'
import { parseFragment } from '#src/graph/fragment.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { NO_FACTS } from '#src/ir/dataset.ts'
import { parsePlan } from '#src/ir/parsePlan.ts'
import { oneSft } from '../golden/drawings.ts'
import { facts, registry } from '../support/pipeline.ts'
import { corrupt } from './corrupted.ts'

const good = oneSft({}, { heldoutRows: 10 }).node('save', 'checkpoint').wire('sft.trained', 'save.policy').doc

/** Opens a damaged copy of a good file; null when nothing could be opened. */
function open(seed: number): { readonly doc: GraphDoc; readonly codes: readonly string[] } | null {
  const rng = seededRng(seed)
  const tree = JSON.parse(serialiseDoc(good)) as { [key: string]: unknown }
  corrupt(rng, tree, 1 + rng.int(8))
  const { doc, diagnostics } = readDoc(tree, 'fallback' as DocId)
  const codes = diagnostics.map((d) => d.code)
  if (doc) return { doc, codes }
  expect(codes).toEqual(['GR1002'])
  return null
}

test('5,000 damaged files open or say why not, and open again silently and equal', { timeout: 90_000 }, () => {
  const seen = new Set<string>()
  let opened = 0
  for (let seed = 1; seed <= 5_000; seed++) {
    const read = open(seed)
    if (!read) continue
    opened++
    for (const code of read.codes) seen.add(code)
    const expected = { doc: read.doc, diagnostics: [] }
    const again = parseDoc(serialiseDoc(read.doc))
    if (!isDeepStrictEqual(again, expected)) expect(again, `seed ${seed}`).toEqual(expected)
  }
  expect(opened).toBeGreaterThan(4_500)
  expect([...seen].sort()).toEqual(['GR1003', 'GR1005', 'GR1006', 'GR1007', 'GR1008', 'GR1009', 'GR1010'])
})

test('damaged files that open compile to diagnostics', () => {
  for (let seed = 1; seed <= 1_000; seed++) {
    const read = open(seed)
    if (!read) continue
    factRequests(read.doc, registry)
    for (const known of [NO_FACTS, facts]) {
      const { plan, diagnostics } = compile(read.doc, registry, known)
      expect(plan !== null || diagnostics.length > 0, `seed ${seed}`).toBe(true)
    }
  }
})

test('any text at all can be opened, pasted or read as a plan without an exception', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
      parseDoc(text)
      parseFragment(text)
      parsePlan(text)
    }),
    { numRuns: 1_000, seed: 3 },
  )
})

test('no kind throws on any params; what it takes it can draw and sum up', () => {
  const fields = registry.all.flatMap((kind) => kind.fields.map((field) => field.key))
  const params = fc.dictionary(fc.constantFrom(...fields, '__proto__', 'x'), fc.jsonValue({ maxDepth: 2 }), {
    maxKeys: 6,
  })
  const kinds = fc.constantFrom(...registry.all.map((kind) => kind.kind))
  fc.assert(
    fc.property(kinds, params, (name, raw) => {
      const kind = registry.get(name)!
      const parsed = kind.parse(raw as never, { on: 'node', node: 'n' })
      if (parsed.ok) {
        expect(kind.ports(parsed.value).every((p) => p.key !== '')).toBe(true)
        expect(typeof kind.summary(parsed.value)).toBe('string')
      } else expect(parsed.error.every((d) => d.severity === 'error')).toBe(true)
    }),
    { numRuns: 1_000, seed: 4 },
  )
})

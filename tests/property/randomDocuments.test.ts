/**
 * Any document gives diagnostics, never an exception, and leaves the prototypes alone. `FUZZ_DOCUMENTS=100000` runs as many;
 * by default a part of them, so that the tests stay quick.
 */
import { expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import { parseDoc } from '#src/graph/codec.ts'
import { parsePlan } from '#src/ir/parsePlan.ts'
import { facts, registry } from '../support/pipeline.ts'
import { randomDocument } from './randomDocuments.ts'

const COUNT = Number(process.env['FUZZ_DOCUMENTS'] ?? 1500)

/** Members that every object has; an extra one would mean that a file reached a prototype. */
const ordinary = Object.getOwnPropertyNames(Object.prototype).sort().join()

test(`${COUNT} random documents compile to diagnostics or to a plan that reads back`, { timeout: 3_600_000 }, () => {
  let plans = 0
  let documents = 0
  const codes = new Set<string>()
  for (let seed = 1; seed <= COUNT; seed++) {
    const text = randomDocument(seed, registry)
    try {
      const opened = parseDoc(text)
      for (const d of opened.diagnostics) codes.add(d.code)
      if (!opened.doc) continue
      documents++
      factRequests(opened.doc, registry)
      const { plan, diagnostics } = compile(opened.doc, registry, facts)
      for (const d of diagnostics) codes.add(d.code)
      // A drawing that does not run says why.
      if (!plan && diagnostics.length === 0) throw new Error('no plan and not a word')
      if (plan) {
        plans++
        const parsed = parsePlan(JSON.parse(JSON.stringify(plan)))
        if (!parsed.ok) throw new Error(parsed.error)
      }
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause })
    }
  }
  expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(ordinary)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(documents).toBeGreaterThan(COUNT * 0.8)
  expect(codes.size).toBeGreaterThan(25)
  expect(codes.has('CM3303'), 'a kind threw').toBe(false)
  expect(plans).toBeGreaterThanOrEqual(0)
})

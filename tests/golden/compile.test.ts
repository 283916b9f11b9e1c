/** Golden plans of whole drawings, and every diagnostic of the compiler with its place, words and fix. */
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '#src/base/canonicalJson.ts'
import { compile } from '#src/compiler/compile.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { parsePlan } from '#src/ir/parsePlan.ts'
import { sftToRl } from '../../examples/sftToRl.ts'
import { expectGolden } from '../support/golden.ts'
import { expectMended } from '../support/kindSuite.ts'
import { facts, pipeline, registry } from '../support/pipeline.ts'
import { readFacts } from '../support/realFacts.ts'
import { diagnosed } from './diagnosed.ts'
import { branches, sums } from './drawings.ts'

const drawings: { readonly [name: string]: GraphDoc } = {
  'sft-to-rl': sftToRl(registry),
  pipeline: pipeline(),
  branches: branches(),
  sums: sums(),
}

describe.each(Object.entries(drawings))('the drawing %s', (name, doc) => {
  const known = name === 'sft-to-rl' ? readFacts(factRequests(doc, registry)) : facts
  const { plan, diagnostics } = compile(doc, registry, known)

  test('compiles to its golden plan without a word', () => {
    expect(diagnostics).toEqual([])
    expectGolden(`tests/golden/plans/${name}.json`, plan)
  })
  test('gives a plan that reads back as it was written', () => {
    expect(parsePlan(JSON.parse(canonicalJson(plan)))).toEqual({ ok: true, value: plan })
  })
})

describe.each(Object.entries(diagnosed))('%s', (code, cases) => {
  test.each(Object.entries(cases))('is said of %s', (name, { doc, facts: given = facts, registry: kinds = registry, blocks }) => {
    const compiled = compile(doc, kinds, given)
    const found = compiled.diagnostics.filter((d) => d.code === code)
    expect(found.length, compiled.diagnostics.map((d) => `${d.code} ${d.message}`).join('\n')).toBeGreaterThan(0)
    expectGolden(`tests/golden/diagnostics/${code} ${name}.json`, found)
    expect(compiled.plan === null).toBe(blocks)
    if (kinds === registry) for (const diagnostic of found) expectMended(doc, given, diagnostic)
  })
})

/** Golden plans of whole drawings. */
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '#src/base/canonicalJson.ts'
import { sha256Hex } from '#src/base/sha256.ts'
import { compile } from '#src/compiler/compile.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { parsePlan } from '#src/ir/parsePlan.ts'
import { stageBytes } from '#src/ir/stageText.ts'
import { sftToRl } from '../../examples/sftToRl.ts'
import { expectGolden } from '../support/golden.ts'
import { facts, pipeline, registry } from '../support/pipeline.ts'
import { readFacts } from '../support/realFacts.ts'
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
  test('hashes canonical text', () => {
    for (const stage of plan!.stages) {
      const text = new TextDecoder().decode(stageBytes(stage, plan!.hashes, plan!.fingerprints))
      expect(text).toBe(canonicalJson(JSON.parse(text)))
      expect(plan!.hashes[stage.id]).toBe(sha256Hex(text))
    }
  })
})

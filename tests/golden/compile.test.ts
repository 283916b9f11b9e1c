/** Golden plans of whole drawings. */
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '#src/base/canonicalJson.ts'
import { sha256Hex } from '#src/base/sha256.ts'
import { compile } from '#src/compiler/compile.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import type { PipelineConfig } from '#src/ir/pipelineConfig.ts'
import { leafPaths } from '#src/ir/provenance.ts'
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
  test('has keys that change with every setting of a stage, and with no name', () => {
    for (const stage of plan!.stages) {
      const keyOf = (one: PipelineConfig): string => sha256Hex(stageBytes(one, plan!.hashes, plan!.fingerprints))
      for (const path of leafPaths(stage)) {
        if (SHAPES.test(path)) continue
        expect([path, keyOf(changedAt(stage, path)) !== keyOf(stage)]).toEqual([path, !NAMES.test(path)])
      }
    }
  })
})

/** They say what else a stage holds; a stage that holds something else is another one by that. */
const SHAPES = /(^|\.)(mode|from)$/
/** What it is called, where it was drawn, what it waits for, its plan's version, and a pin, which stands for the whole key. */
const NAMES = /(^|\.)(id|node|title|label|limitedBy|irVersion|pin|dependsOn(\.\d+)?)$|^evaluation\.policies\.\d+\.conditions/

function changedAt(stage: PipelineConfig, path: string): PipelineConfig {
  const changed = structuredClone(stage)
  const keys = path.split('.')
  const last = keys.pop()!
  const holder = keys.reduce((value, key) => value[key] as Record<string, unknown>, changed as Record<string, unknown>)
  const old = holder[last]
  if (typeof old === 'number') holder[last] = old + 1
  else if (typeof old === 'boolean') holder[last] = !old
  else if (typeof old === 'string') holder[last] = `${old}~`
  // An empty list or nothing at all: what may stand there differs from member to member.
  else holder[last] = last === 'heldout' ? stage.dataset : OTHERS[last]
  return changed
}

const OTHERS: { readonly [member: string]: unknown } = {
  checkpointing: [{ node: null, name: 'more', every: 1, ttlSeconds: null }],
  conditions: [{ decision: 'gate', outcome: 'passed' }],
  ttlSeconds: 60,
  pin: 'pinned',
  dependsOn: ['other'],
}

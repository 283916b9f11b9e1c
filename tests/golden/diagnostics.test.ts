/** Every diagnostic of the compiler, with its place, words and fix: drawings by code, and a golden file for each. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { NodeId } from '#src/base/ids.ts'
import { compilerCodes } from '#src/compiler/codes.ts'
import { compile } from '#src/compiler/compile.ts'
import { edit } from '#src/graph/change.ts'
import type { GraphDoc, NodeRec, Params } from '#src/graph/model.ts'
import type { DatasetFacts, Facts } from '#src/ir/dataset.ts'
import type { NodeKind } from '#src/kinds/contract.ts'
import { draw } from '#src/kinds/drawing.ts'
import { createRegistry } from '#src/kinds/registry.ts'
import type { Registry } from '#src/kinds/registry.ts'
import { TINY, factsOf } from '../support/facts.ts'
import { kindCodes } from '#nodes/_shared/codes.ts'
import { expectGolden } from '../support/golden.ts'
import { expectMended } from '../support/kindSuite.ts'
import { facts, registry } from '../support/pipeline.ts'
import { oneRl, oneSft, set } from './drawings.ts'

type Case = {
  readonly doc: GraphDoc
  readonly facts?: Facts
  readonly registry?: Registry
  /** Whether it keeps the drawing from running. */
  readonly blocks: boolean
}

const diagnosed: { readonly [code: string]: { readonly [name: string]: Case } } = {
  GR1101: { 'a wire from nowhere': { doc: withWire(oneSft().doc, 'gone.out', 'sft.heldout'), blocks: true } },
  GR1102: { 'a wire to no port': { doc: withWire(oneSft().doc, 'rows.rows', 'sft.extra'), blocks: true } },
  GR1105: { 'a dataset as policy': { doc: withWire(oneSft().doc, 'rows.rows', 'sft.policy'), blocks: true } },
  GR1107: { 'a ring of three': { doc: ring(), blocks: true } },
  GR1108: {
    'two datasets at one input': {
      doc: withWire(oneSft().node('b', 'dataset').doc, 'b.rows', 'sft.dataset'),
      blocks: true,
    },
  },
  CM3001: {
    'a wired stranger': { doc: withWire(withNode(oneSft().doc, 'x', 'from-elsewhere'), 'sft.trained', 'x.in'), blocks: true },
    'a lone stranger': { doc: withNode(oneSft().doc, 'x', 'from-elsewhere'), blocks: false },
  },
  CM3002: { 'a newer node': { doc: changed(oneSft().doc, 'sft', { kindVersion: 9 }), blocks: false } },
  CM3003: { 'a broken version': { doc: changed(oneSft().doc, 'sft', { kindVersion: 0 }), blocks: true } },
  CM3004: { 'a param of old': { doc: oneSft({ loraAlpha: 64 }).doc, blocks: false } },
  CM3101: { 'a lone RL trainer': { doc: draw(registry).node('rl', 'train-rl').doc, blocks: true } },
  CM3102: {
    'a lost file': {
      doc: oneSft({}, { source: { type: 'asset', asset: 'a'.repeat(64), name: 'x.csv', format: 'csv' } }).doc,
      blocks: true,
    },
  },
  CM3103: { 'unread rows': { doc: oneSft().doc, facts: { ...facts, datasets: {} }, blocks: true } },
  CM3201: { 'an empty drawing': { doc: draw(registry).doc, blocks: true } },
  CM3202: { 'a spare model': { doc: oneSft().node('spare', 'model').doc, blocks: false } },
  CM3301: {
    'two saves of one name': {
      doc: oneSft().node('a', 'checkpoint').node('b', 'checkpoint').wire('sft.trained', 'a.policy').wire('sft.trained', 'b.policy').doc,
      blocks: true,
    },
  },
  CM3302: { 'a start that nobody saves': { doc: oneSft().doc, registry: without('train-sft', { checkpoint: 'nowhere' }), blocks: true } },
  CM3303: { 'a kind that throws': { doc: oneSft().doc, registry: without('train-sft', 'throws'), blocks: true } },
  CM3401: {
    'a held-out port without rows': { doc: oneSft().wire('rows.heldout', 'sft.heldout').doc, blocks: true },
  },
  CM3402: {
    'SFT without answers': { doc: oneSft().doc, facts: rowsAre({ withAnswer: 0 }), blocks: true },
    'exact match without answers': { doc: oneRl().doc, facts: rowsAre({ withAnswer: 0 }), blocks: true },
  },
  CM3403: { 'some answers': { doc: oneSft().doc, facts: rowsAre({ withAnswer: 90 }), blocks: false } },
  CM3404: {
    'a few long rows': { doc: oneSft({ maxSequenceLength: 30 }).doc, facts: lengths(100, (i) => [5, i < 4 ? 40 : 10]), blocks: false },
    'many long rows': { doc: oneSft({ maxSequenceLength: 30 }).doc, facts: lengths(100, (i) => [5, i < 40 ? 40 : 10]), blocks: false },
  },
  CM3405: {
    'a few lost answers': { doc: oneSft({ maxSequenceLength: 30 }).doc, facts: lengths(100, (i) => [i < 4 ? 31 : 5, 10]), blocks: false },
    'many lost answers': { doc: oneSft({ maxSequenceLength: 30 }).doc, facts: lengths(100, (i) => [i < 40 ? 31 : 5, 10]), blocks: true },
  },
  CM3406: { 'sequences beyond the model': { doc: oneSft({ maxSequenceLength: 2048 }).doc, blocks: true } },
  CM3407: {
    'answers as long as the model reads': { doc: oneRl({ maxTokens: 512 }).doc, blocks: true },
    'an evaluation without room': { doc: evaluation({ maxTokens: 500 }), facts: lengths(100, () => [30, 5]), blocks: true },
    'an evaluation beyond the model': { doc: evaluation({ maxTokens: 600 }), blocks: true },
  },
  CM3408: { 'long prompts': { doc: oneRl({ maxTokens: 100 }).doc, facts: lengths(100, (i) => [i < 30 ? 450 : 50, 5]), blocks: false } },
  CM3409: {
    'an evaluation of what was trained': {
      doc: oneSft().node('eval', 'evaluate').node('exact', 'reward').wire('sft.trained', 'eval.policies').wire('rows.rows', 'eval.dataset').wire('exact.reward', 'eval.reward').doc,
      blocks: false,
    },
    'held-out rows that are training rows': { doc: withTwin(), blocks: false },
  },
  CM3501: {
    'fewer rows than a batch': { doc: oneSft({ batchSize: 128 }).doc, facts: rowsAre({}), blocks: true },
    'fewer batches than accumulated': { doc: oneSft({ batchSize: 50, gradientAccumulation: 8 }).doc, facts: rowsAre({}), blocks: true },
    'fewer prompts than a step takes': { doc: oneRl({ batchSize: 128 }).doc, facts: rowsAre({}), blocks: true },
    'no prompt short enough': { doc: oneRl({ maxTokens: 100 }).doc, facts: lengths(100, () => [450, 5]), blocks: true },
  },
  CM3502: { 'a warm-up without end': { doc: oneSft({ warmupRatio: 1 }).doc, blocks: true } },
  CM3601: {
    'a trainer behind a muted model': { doc: changed(oneSft().doc, 'model', { mode: 'mute' }), blocks: true },
    'a trainer behind a bypassed model': { doc: changed(oneSft().doc, 'model', { mode: 'bypass' }), blocks: true },
  },
  CM3602: {
    'two parameters of one name': { doc: oneSft().node('p', 'parameter').node('q', 'parameter').doc, blocks: true },
  },
  CM3603: {
    'a field bound to nothing': {
      doc: changed(oneSft().doc, 'sft', { bindings: { learningRate: 'nobody' } }),
      blocks: true,
    },
  },
  CM3604: { 'a sweep over what nothing uses': { doc: oneSft().node('p', 'parameter').node('s', 'sweep').doc, blocks: false } },
  CM3605: { 'a sweep over a thousand seeds of many': { doc: manySeeds(), blocks: true } },
  CM3503: {
    'a save after the end': {
      doc: oneSft().node('save', 'checkpoint', { every: 1000 }).wire('sft.trained', 'save.policy').doc,
      blocks: false,
    },
  },
}

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

test('no code of the compiler or of a kind is without a golden file', () => {
  const root = new URL('../../', import.meta.url)
  const kinds = registry.all.flatMap(({ kind }) => readdirSync(new URL(`nodes/${kind}/golden`, root)))
  const compiler = readdirSync(new URL('tests/golden/diagnostics', root))
  const shown = new Set([...kinds, ...compiler].map((name) => name.slice(0, 6)))
  expect([...Object.keys(compilerCodes), ...Object.keys(kindCodes)].filter((code) => !shown.has(code))).toEqual([])
})

/** All sets have the same facts. */
function rowsAre(all: Partial<DatasetFacts>): Facts {
  return factsOf({ 'pig-latin-sft': all, 'pig-latin-prompts': all, 'pig-latin-heldout': all })
}

/** Facts of `rows` rows with prompt and completion lengths by index. */
function lengths(rows: number, of: (i: number) => readonly [number, number]): Facts {
  const pairs = Array.from({ length: rows }, (_, i) => of(i))
  return rowsAre({ rows, tokens: [{ model: TINY, prompt: pairs.map((p) => p[0]), completion: pairs.map((p) => p[1]) }] })
}

function evaluation(params: Params): GraphDoc {
  return draw(registry)
    .node('model', 'model')
    .node('test', 'dataset', set('pig-latin-heldout'))
    .node('exact', 'reward')
    .node('eval', 'evaluate', params)
    .wire('model.policy', 'eval.policies')
    .wire('test.rows', 'eval.dataset')
    .wire('exact.reward', 'eval.reward').doc
}

/** Held-out rows from another node with the same set but another seed: they are mostly training rows. */
function withTwin(): GraphDoc {
  return oneSft({}, { heldoutRows: 20 })
    .node('twin', 'dataset', { ...set('pig-latin-sft'), heldoutRows: 20, splitSeed: 1 })
    .wire('twin.heldout', 'sft.heldout').doc
}

function ring(): GraphDoc {
  const line = oneSft()
    .node('save', 'checkpoint')
    .node('next', 'train-sft')
    .wire('sft.trained', 'save.policy')
    .wire('save.saved', 'next.policy')
    .wire('rows.rows', 'next.dataset').doc
  const open = edit(line, (d) => void delete d.edges['model-policy-sft-policy' as never]).doc
  return withWire(open, 'next.trained', 'sft.policy')
}

/** A wire that no hand could draw, as a file may hold it. */
function withWire(doc: GraphDoc, from: string, to: string): GraphDoc {
  const end = (text: string) => ({ node: text.split('.')[0] as NodeId, port: text.split('.')[1]! })
  return edit(doc, (d) => {
    d.edges['odd' as never] = { id: 'odd', from: end(from), to: end(to) } as never
  }).doc
}

/** Twenty-one trainers and a model, a thousand times. */
function manySeeds(): GraphDoc {
  let drawing = oneSft().node('seeds', 'sweep', { strategy: 'seeds', trials: 1000 })
  for (let i = 0; i < 20; i++) {
    drawing = drawing
      .node(`t${i}`, 'train-sft')
      .wire('rows.rows', `t${i}.dataset`)
      .wire('model.policy', `t${i}.policy`)
  }
  return drawing.doc
}

function withNode(doc: GraphDoc, id: string, kind: string): GraphDoc {
  const node = { id, kind, kindVersion: 1, title: '', params: { kept: true }, position: { x: 0, y: 0 } }
  return edit(doc, (d) => void (d.nodes[id as never] = node as never)).doc
}

function changed(doc: GraphDoc, id: string, change: Partial<NodeRec>): GraphDoc {
  return edit(doc, (d) => void Object.assign(d.nodes[id as never]!, change)).doc
}

/** The usual kinds, with one that breaks its promises: it throws, or starts from a save that nobody makes. */
function without(kind: string, how: 'throws' | { readonly checkpoint: string }): Registry {
  const broken = (whole: NodeKind): NodeKind => ({
    ...whole,
    lower(ctx) {
      if (how === 'throws') throw new Error('out of luck')
      const lowered = whole.lower(ctx)
      const start = { from: 'stage', stage: ctx.stageId, checkpoint: how.checkpoint, load: 'weights' } as const
      const { stage } = lowered
      return stage && stage.mode !== 'evaluate' ? { ...lowered, stage: { ...stage, start } } : lowered
    },
  })
  return createRegistry(registry.all.map((k) => (k.kind === kind ? broken(k) : k)))
}

/** Where each rule begins to speak, how loudly, and whether its fix is enough: recipes §8 and features 5.18, number by number. */
import { describe, expect, test } from 'vitest'
import {
  BASE,
  HUGE,
  QWEN,
  answers,
  content,
  docOf,
  factsFor,
  keys,
  nodesOf,
  said,
} from '../../../tests/support/advised.ts'
import type { Change } from '../../../tests/support/advised.ts'
import { expectGolden } from '../../../tests/support/golden.ts'
import { expectMended } from '../../../tests/support/kindSuite.ts'
import { registry } from '../../../tests/support/pipeline.ts'
import { set } from '../../../tests/golden/drawings.ts'
import type { GraphDoc } from '../../graph/model.ts'
import type { DatasetFacts } from '../../ir/dataset.ts'
import { draw } from '../../kinds/drawing.ts'
import { compile } from '../compile.ts'

const rows = (count: number, more: Partial<DatasetFacts> = {}): Partial<DatasetFacts> => ({
  rows: count,
  content: content({}),
  ...more,
})
/** So many rows of prompts and answers of these lengths. */
const counted = (count: number, prompt: number, completion: number): Partial<DatasetFacts> =>
  rows(count, {
    tokens: [
      { model: QWEN, prompt: keys(0, count).map(() => prompt), completion: keys(0, count).map(() => completion) },
    ],
  })

/** The formula gives 4.7e-4 for the model of the sound graph, 5e-4 for the smaller ones. */
const CASES: readonly (readonly [code: string, severity: 'error' | 'warning' | 'info' | null, change: Change])[] = [
  // V4, V5, features: outside a third and three times of the formula, or above 1e-3.
  ['CM3701', null, { sft: { learningRate: 1e-3 } }],
  ['CM3701', 'warning', { sft: { learningRate: 1.1e-3 } }],
  ['CM3701', 'warning', { sft: { learningRate: 2e-3 } }],
  ['CM3701', 'error', { sft: { learningRate: 3e-3 } }],
  ['CM3702', null, { sft: { learningRate: 1.6e-4 } }],
  ['CM3702', 'warning', { sft: { learningRate: 1.5e-4 } }],
  // V6
  ['CM3703', null, { rl: { learningRate: 1e-4 } }],
  ['CM3703', 'warning', { rl: { learningRate: 1.1e-4 } }],
  ['CM3703', null, { rl: { learningRate: 1e-6 } }],
  ['CM3703', 'warning', { rl: { learningRate: 9e-7 } }],
  // V10
  ['CM3704', null, { sft: { learningRate: 4e-4 }, rl: { learningRate: 9e-5 } }],
  ['CM3704', 'warning', { sft: { learningRate: 4e-5 }, rl: { learningRate: 4e-5 } }],
  // V3
  ['CM3711', null, { train: rows(6500) }],
  ['CM3711', 'warning', { train: rows(6499) }],
  ['CM3711', 'warning', { sft: { epochs: 3, batchSize: 32 }, train: rows(1100) }],
  ['CM3711', null, { rl: { batchSize: 100 } }],
  ['CM3711', 'warning', { rl: { batchSize: 101 } }],
  ['CM3711', 'warning', { rl: { batchSize: 900, epochs: 3 } }],
  ['CM3711', 'warning', { sft: { maxSteps: 30 }, train: rows(3000) }],
  // V35
  ['CM3712', null, { sft: { epochs: 3, batchSize: 16 }, heldout: false, train: rows(3000) }],
  ['CM3712', null, { sft: { epochs: 4, batchSize: 16 }, train: rows(3000) }],
  ['CM3712', 'warning', { sft: { epochs: 4, batchSize: 16 }, heldout: false, train: rows(3000) }],
  // V36: passes are over prompts; substeps divide a batch, so they make none.
  ['CM3713', null, { rl: { epochs: 5 } }],
  ['CM3713', 'warning', { rl: { epochs: 6 } }],
  ['CM3713', null, { rl: { substeps: 8, loss: 'ppo' } }],
  ['CM3713', null, { rl: { epochs: 10, maxSteps: 300 } }],
  ['CM3713', null, { rl: { epochs: 6, klCoef: 0.01 } }],
  ['CM3717', null, { rl: { learningRate: 4e-5 } }],
  ['CM3717', 'warning', { rl: { learningRate: 4.1e-5 } }],
  // V74, V75
  ['CM3714', null, { sft: { batchSize: 1024, epochs: 20 } }],
  ['CM3714', 'warning', { sft: { batchSize: 1025, epochs: 20 } }],
  ['CM3715', null, { sft: { batchSize: 16 } }],
  ['CM3715', 'warning', { sft: { batchSize: 15 } }],
  ['CM3715', null, { sft: { batchSize: 4, gradientAccumulation: 4 } }],
  // Features: rollouts per step.
  ['CM3716', null, { rl: { batchSize: 64, groupSize: 64 } }],
  ['CM3716', 'warning', { rl: { batchSize: 65, groupSize: 64 } }],
  // V51
  ['CM3721', null, { form: { weight: 0.9 } }],
  ['CM3721', 'warning', { form: { weight: 1 } }],
  ['CM3721', 'warning', { form: { weight: -1 } }],
  // Beyond what the form could lose, correctness gains.
  ['CM3721', 'warning', { exact: { weight: 0.1 }, form: { weight: 5 } }],
  // V63, V65
  ['CM3731', null, { save: { keep: false, ttlHours: 24 } }],
  ['CM3731', 'warning', { save: { keep: false, ttlHours: 23 } }],
  // 310 steps
  ['CM3732', null, { save: { every: 16 } }],
  ['CM3732', 'warning', { save: { every: 15 } }],
  // V23: of 100 held-out rows
  ['CM3751', null, { model: { name: BASE, renderer: 'qwen3' }, train: rows(10_100) }],
  ['CM3751', 'warning', { model: { name: BASE, renderer: 'qwen3' }, train: rows(10_099) }],
  ['CM3751', null, { model: { name: BASE, renderer: 'role_colon' }, train: rows(1000) }],
  ['CM3751', 'warning', { model: { name: BASE, renderer: 'qwen3' }, backwards: true }],
  // V31
  ['CM3741', null, { train: { rows: 20_000, content: content({ repeats: 1000 }) } }],
  ['CM3741', 'warning', { train: { rows: 20_000, content: content({ repeats: 1001 }) } }],
  // V18: both Qwen3 formats write earlier answers in another way than sampling shows them.
  ['CM3746', 'warning', { train: { rows: 20_000, content: content({ multiTurn: 1 }) } }],
  [
    'CM3746',
    null,
    { sft: { trainOnWhat: 'last_assistant_message' }, train: { rows: 20_000, content: content({ multiTurn: 1 }) } },
  ],
  // V71
  ['CM3753', null, { model: { name: HUGE, loraRank: 128 } }],
  ['CM3753', 'warning', { model: { name: HUGE, loraRank: 256 } }],
  ['CM3753', null, { model: { loraRank: 128 } }],
  ['CM3753', 'warning', { model: { loraRank: 256 } }],
  ['CM3759', null, { model: { loraRank: 8 } }],
  ['CM3759', 'warning', { model: { loraRank: 4 } }],
  ['CM3759', null, { model: { name: HUGE, loraRank: 4 } }],
  ['CM3759', null, { model: { loraRank: 4 }, train: counted(20_000, 10, 1200) }],
  // V73: 4 · 2.88 M · 2 bits
  ['CM3754', null, { model: { loraRank: 4 }, train: counted(20_000, 10, 1100) }],
  ['CM3754', 'warning', { model: { loraRank: 4 }, train: counted(20_000, 10, 1200) }],
  [
    'CM3754',
    'warning',
    { model: { loraRank: 4 }, sft: { trainOnWhat: 'all_tokens' }, train: counted(20_000, 1190, 10) },
  ],
  // V44
  ['CM3755', null, { model: { renderer: 'qwen3' }, rl: { maxTokens: 4096 } }],
  ['CM3755', 'warning', { model: { renderer: 'qwen3' }, rl: { maxTokens: 4095 } }],
  ['CM3757', null, { prompts: answers(2000, (i) => (i < 100 ? 257 : 256)) }],
  ['CM3757', 'warning', { prompts: answers(2000, (i) => (i < 101 ? 257 : 256)) }],
  // V67: 100 held-out rows, read (310 / every) + 1 times.
  ['CM3763', null, { sft: { evalEvery: 4 }, train: counted(20_000, 10, 10) }],
  ['CM3763', 'warning', { sft: { evalEvery: 2 }, train: counted(20_000, 10, 10) }],
  // Read twice whatever the cadence, and more than half of what is trained on.
  ['CM3763', 'warning', { rows: { heldoutRows: 5000 }, sft: { evalEvery: 0 }, train: counted(20_000, 10, 10) }],
  ['CM3763', 'warning', { rows: { heldoutRows: 5000 }, sft: { evalEvery: 50 }, train: counted(20_000, 10, 10) }],
  // V87
  ['CM3764', null, { eval: { temperature: 1 }, later: { temperature: 1 } }],
]

/** Facts of many rows are not part of a name. */
function nameOf([code, severity, change]: (typeof CASES)[number]): string {
  const short = JSON.stringify(change, (_, value: unknown) => (Array.isArray(value) ? value.length : value))
  return `${code} ${severity ?? 'silent'} ${short}`
}

describe('a rule begins where it should', () => {
  test.each(CASES.map((one) => [nameOf(one), ...one] as const))('%s', (_, code, severity, change) => {
    const found = said(change).filter((d) => d.code === code)
    expect(found.map((d) => d.severity)).toEqual(severity === null ? [] : [severity])
    for (const { fix } of found) {
      if (!fix) continue
      const { node, field, value } = fix.args as { node: string; field: string; value: string | number }
      const nodes = nodesOf(change)
      const mended = { ...nodes, [node]: { ...nodes[node], [field]: value } }
      expect(said(change, mended).map((d) => d.code)).not.toContain(code)
    }
  })
})

/** Two trainers on the same rows, with ranks and rates of their own. */
function twoRanks(ranks: readonly [number, number], rates: readonly [number, number]): GraphDoc {
  let drawing = draw(registry).node('rows', 'dataset', set('pig-latin-sft'))
  for (const i of [0, 1] as const)
    drawing = drawing
      .node(`model${i}`, 'model', { name: QWEN, loraRank: ranks[i], renderer: 'qwen3_disable_thinking' })
      .node(`sft${i}`, 'train-sft', { learningRate: rates[i], batchSize: 64 }, { title: `Rank ${ranks[i]}` })
      .wire(`model${i}.policy`, `sft${i}.policy`)
      .wire('rows.rows', `sft${i}.dataset`)
  return drawing.doc
}

describe('stages against each other', () => {
  const found = (doc: GraphDoc, code: string, facts = factsFor({})) =>
    compile(doc, registry, facts).diagnostics.filter((d) => d.code === code)

  test('a rate that grows with the rank is told, any other difference is not', () => {
    const scaled = twoRanks([16, 32], [2e-4, 4e-4])
    const told = found(scaled, 'CM3706')
    expect(told).toMatchObject([{ severity: 'info', at: { node: 'sft1', field: 'learningRate' } }])
    expectGolden('tests/golden/diagnostics/CM3706 twice the rank, twice the rate.json', told)
    expectMended(scaled, factsFor({}), told[0]!)
    for (const doc of [twoRanks([16, 32], [2e-4, 3e-4]), twoRanks([16, 16], [2e-4, 4e-4])])
      expect(found(doc, 'CM3706')).toEqual([])
  })

  test('a save that only an evaluation reads should outlive the day, too', () => {
    const change: Change = { save: { keep: false, ttlHours: 3 }, later: { temperature: 0 } }
    const read = docOf({ ...change, backwards: true })
    const wires = Object.entries(read.edges).filter(([, wire]) => wire.to.node !== 'sft' || wire.to.port !== 'policy')
    const told = found({ ...read, edges: Object.fromEntries(wires) }, 'CM3731')
    expect(told).toMatchObject([{ at: { on: 'field', node: 'save', field: 'ttlHours' } }])
    expect(told[0]!.message).toContain('measures')
  })

  test('a trainer behind a choice is held against the fastest that may be chosen', () => {
    const chosen = (rates: readonly [number, number], rl: number): GraphDoc => {
      let drawing = draw(registry)
        .node('model', 'model', { name: QWEN, renderer: 'qwen3_disable_thinking' })
        .node('rows', 'dataset', set('pig-latin-sft'))
        .node('prompts', 'dataset', set('pig-latin-prompts'))
        .node('test', 'dataset', set('pig-latin-heldout'))
        .node('exact', 'reward')
        .node('eval', 'evaluate')
        .node('best', 'best-of')
        .node('rl', 'train-rl', { learningRate: rl })
      for (const i of [0, 1] as const)
        drawing = drawing
          .node(`sft${i}`, 'train-sft', { learningRate: rates[i] })
          .wire('model.policy', `sft${i}.policy`)
          .wire('rows.rows', `sft${i}.dataset`)
          .wire(`sft${i}.trained`, 'eval.policies')
      return drawing
        .wire('test.rows', 'eval.dataset')
        .wire('exact.reward', 'eval.reward')
        .wire('eval.scores', 'best.scores')
        .wire('best.best', 'rl.policy')
        .wire('prompts.rows', 'rl.dataset')
        .wire('exact.reward', 'rl.reward').doc
    }
    expect(found(chosen([5e-5, 2e-5], 5e-5), 'CM3704')).toMatchObject([{ at: { node: 'rl', field: 'learningRate' } }])
    expect(found(chosen([2e-5, 6e-5], 5e-5), 'CM3704')).toEqual([])
  })
})

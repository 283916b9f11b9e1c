import { describe, expect, test } from 'vitest'
import {
  BASE,
  HUGE,
  QWEN,
  RETIRING,
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
import { registry } from '../../../tests/support/pipeline.ts'
import { compile } from '../compile.ts'

/** Every rule: what makes it speak, on which node and field, and whether its fix silences it. */
const CASES: readonly (readonly [code: string, node: string, field: string | null, fixed: boolean, change: Change])[] =
  [
    ['CM3701', 'sft', 'learningRate', true, { sft: { learningRate: 2.5e-3 } }],
    ['CM3702', 'sft', 'learningRate', true, { sft: { learningRate: 1e-5 }, rl: { learningRate: 5e-6 } }],
    ['CM3703', 'rl', 'learningRate', true, { rl: { learningRate: 2e-4 } }],
    ['CM3703', 'rl', 'learningRate', true, { rl: { learningRate: 1e-7 } }],
    ['CM3704', 'rl', 'learningRate', true, { sft: { learningRate: 5e-5 }, rl: { learningRate: 6e-5 } }],
    ['CM3705', 'sft', 'gradClipNorm', true, { sft: { gradClipNorm: 1 } }],
    ['CM3711', 'sft', 'batchSize', true, { train: { rows: 3300, content: content({}) } }],
    ['CM3711', 'sft', 'maxSteps', true, { sft: { maxSteps: 30 } }],
    ['CM3711', 'rl', 'batchSize', true, { rl: { batchSize: 200 } }],
    [
      'CM3712',
      'sft',
      'epochs',
      true,
      { sft: { epochs: 4, batchSize: 16 }, heldout: false, train: { rows: 3000, content: content({}) } },
    ],
    ['CM3713', 'rl', 'klCoef', true, { rl: { epochs: 6 } }],
    ['CM3714', 'sft', 'batchSize', true, { sft: { batchSize: 2048, epochs: 20 } }],
    ['CM3715', 'sft', 'batchSize', true, { sft: { batchSize: 4 } }],
    ['CM3716', 'rl', 'batchSize', true, { rl: { batchSize: 100, groupSize: 64 } }],
    ['CM3717', 'rl', 'learningRate', true, { rl: { learningRate: 9e-5 } }],
    ['CM3721', 'form', 'weight', true, { form: { weight: 1 } }],
    ['CM3731', 'save', 'ttlHours', true, { save: { keep: false, ttlHours: 2 } }],
    ['CM3732', 'save', 'keep', true, { save: { every: 10 } }],
    ['CM3741', 'rows', null, false, { train: { rows: 20_000, content: content({ repeats: 2000 }) } }],
    ['CM3742', 'eval', null, false, { test: { rows: 500, content: content({ promptKeys: keys(500, 500) }) } }],
    [
      'CM3743',
      'rows',
      null,
      false,
      { train: { rows: 20_000, content: content({ markers: { rows: 3, line: 7, example: '<|im_end|>' } }) } },
    ],
    [
      'CM3747',
      'rows',
      null,
      false,
      {
        train: {
          rows: 20_000,
          content: content({ odd: { rows: 2, line: 4, what: 'two messages of the user in a row' } }),
        },
      },
    ],
    ['CM3744', 'model', 'renderer', true, { train: { rows: 20_000, content: content({ thinking: 5 }) } }],
    ['CM3745', 'model', 'renderer', true, { model: { renderer: 'qwen3' }, rl: { maxTokens: 8192 } }],
    [
      'CM3746',
      'sft',
      'trainOnWhat',
      true,
      {
        model: { renderer: 'qwen3' },
        rl: { maxTokens: 8192 },
        train: { rows: 20_000, content: content({ multiTurn: 9, thinking: 1 }) },
      },
    ],
    [
      'CM3751',
      'model',
      'renderer',
      true,
      { model: { name: BASE, renderer: 'qwen3_disable_thinking' }, train: { rows: 7000, content: content({}) } },
    ],
    ['CM3756', 'model', 'renderer', false, { model: { name: RETIRING, renderer: 'auto' } }],
    ['CM3757', 'rl', 'maxTokens', true, { prompts: answers(2000, (i) => (i < 200 ? 300 : 20)) }],
    ['CM3758', 'model', 'name', true, { model: { name: RETIRING, renderer: 'role_colon' } }],
    ['CM3759', 'model', 'loraRank', true, { model: { loraRank: 4 } }],
    ['CM3753', 'model', 'loraRank', true, { model: { name: HUGE, loraRank: 256 } }],
    [
      'CM3754',
      'model',
      'loraRank',
      true,
      {
        model: { loraRank: 1 },
        rows: { heldoutRows: 0 },
        heldout: false,
        train: {
          rows: 20_000,
          content: content({}),
          tokens: [{ model: QWEN, prompt: keys(0, 20_000).map(() => 10), completion: keys(0, 20_000).map(() => 400) }],
        },
      },
    ],
    [
      'CM3755',
      'rl',
      'maxTokens',
      true,
      { model: { renderer: 'qwen3' }, train: { rows: 20_000, content: content({ thinking: 1 }) } },
    ],
    ['CM3761', 'sft', null, false, { backwards: true, sft: { learningRate: 4e-4 } }],
    [
      'CM3763',
      'sft',
      'evalEvery',
      true,
      {
        sft: { evalEvery: 1 },
        train: {
          rows: 20_000,
          content: content({}),
          tokens: [{ model: QWEN, prompt: keys(0, 20_000).map(() => 10), completion: keys(0, 20_000).map(() => 10) }],
        },
      },
    ],
    ['CM3764', 'later', 'temperature', true, { eval: { temperature: 0 }, later: { temperature: 1 } }],
  ]

/** The code, and what was changed; a second case of the same is numbered. */
function fileName(code: string, change: Change): string {
  const name = (c: Change) => Object.keys(c).join(' and ')
  const alike = CASES.filter(([other, , , , c]) => other === code && name(c) === name(change))
  const index = alike.findIndex(([, , , , c]) => c === change)
  return `${code} ${name(change)}${index > 0 ? ` ${index + 1}` : ''}`
}

describe('advice', () => {
  test('has nothing to say of a sound graph', () => {
    expect(said({})).toEqual([])
  })

  test.each(CASES)('%s points at %s › %s, and its fix silences it: %s', (code, node, name, fixed, change) => {
    const found = said(change).filter((d) => d.code === code)
    expect(found.length, JSON.stringify(said(change))).toBe(1)
    const [diagnostic] = found
    expectGolden(`tests/golden/diagnostics/${fileName(code, change)}.json`, found)
    expect(diagnostic!.at).toMatchObject(name === null ? { node } : { on: 'field', node, field: name })
    expect(diagnostic!.fix !== undefined).toBe(fixed)
    if (!diagnostic!.fix) return
    const args = diagnostic!.fix.args as { node: string; field: string; value: string | number }
    const nodes = nodesOf(change)
    const mended = { ...nodes, [args.node]: { ...nodes[args.node], [args.field]: args.value } }
    expect(said(change, mended).map((d) => d.code)).not.toContain(code)
  })

  test('says once, of the whole, that nothing measures', () => {
    const found = said({ heldout: false, measured: false, rows: { heldoutRows: 0 } })
    expect(found).toMatchObject([{ code: 'CM3762', severity: 'warning', at: { on: 'document' } }])
    expectGolden('tests/golden/diagnostics/CM3762 nothing measured.json', found)
  })

  test('refuses a rate at which nearly all runs diverged', () => {
    expect(said({ sft: { learningRate: 5e-3 } })).toMatchObject([{ code: 'CM3701', severity: 'error' }])
  })

  test('is not about models of other sizes than those it was measured on', () => {
    const tiny = { model: { name: 'tunegraph/tiny-1m', renderer: 'auto' }, sft: { learningRate: 2e-3, batchSize: 4 } }
    const facts = factsFor(tiny)
    const models = [{ name: 'tunegraph/tiny-1m', maxContext: 512, renderer: 'tunegraph' }]
    expect(compile(docOf(tiny), registry, { ...facts, models }).diagnostics).toEqual([])
  })
})

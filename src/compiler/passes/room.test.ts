/** Rows against the room that stages have: what conversations of several answers keep, what would make room, whom it must fit. */
import { describe, expect, test } from 'vitest'
import { oneRl, oneSft, set } from '../../../tests/golden/drawings.ts'
import { TINY, factsOf } from '../../../tests/support/facts.ts'
import { expectMended } from '../../../tests/support/kindSuite.ts'
import { registry } from '../../../tests/support/pipeline.ts'
import { content } from '../../../tests/support/advised.ts'
import type { GraphDoc } from '../../graph/model.ts'
import type { Facts, TokenCounts } from '../../ir/dataset.ts'
import { draw } from '../../kinds/drawing.ts'
import { compile } from '../compile.ts'

const SETS = ['pig-latin-sft', 'pig-latin-prompts', 'pig-latin-heldout']
const all = (n: number, value: number): number[] => Array<number>(n).fill(value)

function factsWith(tokens: Omit<TokenCounts, 'model'>, more: Partial<Facts['datasets'][string]> = {}): Facts {
  const rows = tokens.prompt.length
  return factsOf(
    Object.fromEntries(SETS.map((name) => [name, { rows, tokens: [{ model: TINY, ...tokens }], ...more }])),
  )
}

function said(doc: GraphDoc, facts: Facts, code: string) {
  const result = compile(doc, registry, facts)
  const found = result.diagnostics.filter((d) => d.code === code)
  for (const diagnostic of found) expectMended(doc, facts, diagnostic)
  return { found, result }
}

describe('conversations of several answers', () => {
  /** Half of the rows lose their last answer when cut at 100, but not the one that begins after 20 tokens. */
  const long = factsWith({
    prompt: [...all(50, 150), ...all(50, 10)],
    completion: all(100, 10),
    first: [...all(50, 20), ...all(50, 10)],
  })

  test('keep the earlier ones when they are learned from, too', () => {
    const { found, result } = said(oneSft({ maxSequenceLength: 100 }).doc, long, 'CM3405')
    expect(found).toEqual([])
    expect(result.estimates['sft']).toMatchObject({ rows: 100, dropped: 0 })
  })

  test('are lost when only the last one counts', () => {
    const last = oneSft({ maxSequenceLength: 100, trainOnWhat: 'last_assistant_message' }).doc
    const { found, result } = said(last, long, 'CM3405')
    expect(found).toMatchObject([{ severity: 'error', data: { emptied: 50, total: 100 } }])
    expect(result.estimates['sft']).toMatchObject({ rows: 50, dropped: 50 })
  })

  test('that end with a question are learned from as the loop does it', () => {
    const looked = content({ onlyEarlier: 30 })
    for (const tokens of [true, false]) {
      const counts = { prompt: all(100, 20), completion: [...all(30, 0), ...all(70, 5)], first: all(100, 5) }
      const facts = factsWith(counts, { withAnswer: 70, content: looked, ...(tokens ? {} : { tokens: [] }) })
      const every = said(oneSft().doc, facts, 'CM3403')
      expect(every.found).toEqual([])
      expect(every.result.estimates['sft']).toMatchObject({ rows: 100, dropped: 0 })
      const last = said(oneSft({ trainOnWhat: 'last_assistant_message' }).doc, facts, 'CM3403')
      expect(last.found).toMatchObject([{ data: { without: 30, rows: 100 } }])
      expect(last.result.estimates['sft']).toMatchObject({ rows: 70, dropped: 30 })
    }
  })
})

describe('rows that are cut', () => {
  const cut = (count: number, prompt: number, completion: number): Facts =>
    factsWith({
      prompt: [...all(count, prompt), ...all(100 - count, 10)],
      completion: [...all(count, completion), ...all(100 - count, 10)],
    })
  const severity = (facts: Facts, code: string) =>
    said(oneSft({ maxSequenceLength: 100 }).doc, facts, code).found.map((d) => d.severity)

  test('warn above one in twenty', () => {
    expect(severity(cut(5, 50, 60), 'CM3404')).toEqual(['info'])
    expect(severity(cut(6, 50, 60), 'CM3404')).toEqual(['warning'])
    expect(severity(cut(6, 50, 50), 'CM3404')).toEqual([])
  })

  test('block above one in five when nothing of the answer is left', () => {
    expect(severity(cut(20, 100, 10), 'CM3405')).toEqual(['warning'])
    expect(severity(cut(21, 100, 10), 'CM3405')).toEqual(['error'])
    expect(severity(cut(21, 99, 10), 'CM3405')).toEqual([])
  })
})

describe('more room', () => {
  test('is offered where the model can read the longest row', () => {
    const facts = factsWith({ prompt: all(100, 20), completion: [...all(99, 10), 200] })
    const { found } = said(oneSft({ maxSequenceLength: 100 }).doc, facts, 'CM3404')
    expect(found).toMatchObject([{ severity: 'info', fix: { args: { field: 'maxSequenceLength', value: 220 } } }])
  })

  test('is not offered where it cannot', () => {
    const facts = factsWith({ prompt: all(100, 20), completion: all(100, 800) })
    expect(said(oneSft().doc, facts, 'CM3404').found).toMatchObject([{ severity: 'warning' }])
    expect(said(oneSft().doc, facts, 'CM3404').found[0]!.fix).toBeUndefined()
  })

  test('for prompts comes from longer sequences, or from answers that stay half as long', () => {
    const facts = factsWith({ prompt: [...all(90, 20), ...all(10, 150)], completion: all(100, 5) })
    const within = oneRl({ maxSequenceLength: 200, maxTokens: 100 }).doc
    expect(said(within, facts, 'CM3408').found[0]!.fix!.args).toMatchObject({ field: 'maxSequenceLength', value: 250 })
    const whole = oneRl({ maxTokens: 400 }).doc
    expect(said(whole, facts, 'CM3408').found[0]!.fix!.args).toMatchObject({ field: 'maxTokens', value: 362 })
    const much = factsWith({ prompt: [...all(90, 20), ...all(10, 400)], completion: all(100, 5) })
    expect(said(oneRl({ maxTokens: 300 }).doc, much, 'CM3408').found[0]!.fix).toBeUndefined()
  })
})

test('an evaluation of several models must fit the one that reads least', () => {
  const facts = factsWith({ prompt: all(100, 20), completion: all(100, 5) })
  const models = [...facts.models!, { name: 'tunegraph/tiny-4m', maxContext: 64, renderer: 'tunegraph' }]
  const doc = draw(registry)
    .node('large', 'model')
    .node('small', 'model', { name: 'tunegraph/tiny-4m' })
    .node('test', 'dataset', set('pig-latin-heldout'))
    .node('exact', 'reward')
    .node('eval', 'evaluate', { maxTokens: 100 })
    .wire('large.policy', 'eval.policies')
    .wire('small.policy', 'eval.policies')
    .wire('test.rows', 'eval.dataset')
    .wire('exact.reward', 'eval.reward').doc
  const { found } = said(doc, { ...facts, models }, 'CM3407')
  expect(found).toMatchObject([{ at: { on: 'field', node: 'eval', field: 'maxTokens' } }])
  expect(found[0]!.message).toContain('tunegraph/tiny-4m reads at most 64')
})

/** A sound graph of three stages for a model of the line-up, and what a case changes of it: for tests of advice. */
import { createDefaultRegistry } from '#nodes/index.ts'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { compile } from '#src/compiler/compile.ts'
import type { GraphDoc, Params } from '#src/graph/model.ts'
import type { ContentFacts, DatasetFacts, Facts } from '#src/ir/dataset.ts'
import { draw } from '#src/kinds/drawing.ts'
import { factsOf } from './facts.ts'

const registry = createDefaultRegistry()
export const QWEN = 'Qwen/Qwen3-8B'
export const BASE = 'Qwen/Qwen3.5-9B-Base'
export const HUGE = 'Qwen/Qwen3.5-397B-A17B'
/** Announced to be withdrawn, and one of its size that stays. */
export const RETIRING = 'Qwen/Qwen3.6-27B'
export const STAYING = 'Qwen/Qwen3.8-27B'
export const content = (facts: Partial<ContentFacts>): ContentFacts => ({
  characters: 0,
  repeats: 0,
  promptKeys: [],
  multiTurn: 0,
  onlyEarlier: 0,
  thinking: 0,
  markers: null,
  odd: null,
  ...facts,
})
export const keys = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)

/** So many rows with prompts of ten tokens and answers by index. */
export function answers(count: number, of: (i: number) => number): Partial<DatasetFacts> {
  const prompt = keys(0, count).map(() => 10)
  const completion = keys(0, count).map(of)
  return { rows: count, content: content({}), tokens: [{ model: QWEN, prompt, completion }] }
}

/** What a case changes of a sound graph: SFT, then RL, then an evaluation. */
export type Change = {
  model?: Params
  sft?: Params
  rl?: Params
  save?: Params
  exact?: Params
  form?: Params
  eval?: Params
  later?: Params
  rows?: Params
  train?: Partial<DatasetFacts>
  test?: Partial<DatasetFacts>
  prompts?: Partial<DatasetFacts>
  /** RL first, SFT after it. */
  backwards?: boolean
  heldout?: false
  measured?: false
}

const SOUND = {
  model: { name: QWEN, loraRank: 32, renderer: 'qwen3_disable_thinking' },
  sft: { learningRate: 4e-4, batchSize: 64, epochs: 1, evalEvery: 0 },
  rl: { learningRate: 4e-5, batchSize: 16, groupSize: 8, maxTokens: 256 },
} as const

export function nodesOf(change: Change): Readonly<Record<string, Params>> {
  return {
    model: { ...SOUND.model, ...change.model },
    rows: { source: { type: 'builtin', name: 'pig-latin-sft' }, heldoutRows: 100, ...change.rows },
    sft: { ...SOUND.sft, ...change.sft },
    save: { name: 'after-sft', ...change.save },
    prompts: { source: { type: 'builtin', name: 'pig-latin-prompts' } },
    exact: { grader: 'exact', ...change.exact },
    form: { grader: 'regex', pattern: 'x', weight: 0.1, ...change.form },
    rl: { ...SOUND.rl, ...change.rl },
    test: { source: { type: 'builtin', name: 'pig-latin-heldout' } },
    eval: { ...change.eval },
    later: { ...change.later },
  }
}

export function docOf(change: Change, nodes = nodesOf(change)): GraphDoc {
  const kinds = {
    model: 'model',
    rows: 'dataset',
    sft: 'train-sft',
    save: 'checkpoint',
    prompts: 'dataset',
    exact: 'reward',
    rl: 'train-rl',
  }
  const tail = { form: 'reward', test: 'dataset', eval: 'evaluate', later: 'evaluate' }
  let drawing = draw(registry)
  for (const [id, kind] of Object.entries({ ...kinds, ...tail })) {
    if (id === 'later' && !change.later) continue
    if (id === 'form' && !change.form) continue
    if ((id === 'eval' || id === 'test') && change.measured === false) continue
    drawing = drawing.node(id, kind, nodes[id]!)
  }
  drawing = drawing
    .wire('rows.rows', 'sft.dataset')
    .wire('prompts.rows', 'rl.dataset')
    .wire('exact.reward', 'rl.reward')
  if (change.heldout !== false) drawing = drawing.wire('rows.heldout', 'sft.heldout')
  if (change.form) drawing = drawing.wire('form.reward', 'rl.reward')
  const [first, second] = change.backwards ? ['rl', 'sft'] : ['sft', 'rl']
  drawing = drawing
    .wire('model.policy', `${first}.policy`)
    .wire(`${first}.trained`, 'save.policy')
    .wire('save.saved', `${second}.policy`)
  for (const id of change.measured === false ? [] : change.later ? ['eval', 'later'] : ['eval'])
    drawing = drawing
      .wire(id === 'later' ? 'save.saved' : `${second}.trained`, `${id}.policies`)
      .wire('test.rows', `${id}.dataset`)
      .wire('exact.reward', `${id}.reward`)
  return drawing.doc
}

export function factsFor(change: Change): Facts {
  const sets = factsOf({
    'pig-latin-sft': { rows: 20_000, content: content({ promptKeys: keys(0, 20_000) }), ...change.train },
    'pig-latin-prompts': { rows: 2000, content: content({ promptKeys: keys(50_000, 2000) }), ...change.prompts },
    'pig-latin-heldout': { rows: 500, content: content({ promptKeys: keys(90_000, 500) }), ...change.test },
  })
  const models = [QWEN, BASE, HUGE, RETIRING, STAYING].map((name) => ({
    name,
    maxContext: 65_536,
    renderer: name === QWEN || name === HUGE ? 'qwen3' : 'role_colon',
  }))
  return { ...sets, models }
}

/** What is said of the sound graph with a change. */
export function said(change: Change, nodes?: Readonly<Record<string, Params>>): readonly Diagnostic[] {
  return compile(docOf(change, nodes), registry, factsFor(change)).diagnostics
}

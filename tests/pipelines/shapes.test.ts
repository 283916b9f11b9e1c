/** Every shape of pipeline, compiled from a drawing and carried out by the scheduler on the embedded backend. */
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '#src/base/canonicalJson.ts'
import type { NodeId, StageId } from '#src/base/ids.ts'
import { edit } from '#src/graph/change.ts'
import type { GraphDoc, NodeRec } from '#src/graph/model.ts'
import { finishedStages, onlyPinned } from '#src/ir/reuse.ts'
import { QUICK, evaluated, firstRows, phases, planned, runOf, sft, small } from './smallRuns.ts'

function changed(doc: GraphDoc, id: string, change: Partial<NodeRec>): GraphDoc {
  return edit(doc, (draft) => void Object.assign(draft.nodes[id as NodeId]!, change)).doc
}

const oneStage = () => sft(small(), 'sft', 'model.policy')

test('a chain with branches and an evaluator that reads several checkpoints', async () => {
  let drawing = sft(
    oneStage().node('fork', 'checkpoint', { name: 'fork' }).wire('sft.trained', 'fork.policy'),
    'a',
    'fork.saved',
  )
  drawing = evaluated(
    sft(drawing, 'b', 'fork.saved', { learningRate: 1e-3 }),
    'eval',
    'model.policy',
    'fork.saved',
    'a.trained',
    'b.trained',
  )
  const { run, phases: found } = await phases(drawing.doc)
  expect(found).toEqual({ sft: 'finished', a: 'finished', b: 'finished', eval: 'finished' })
  expect(run.state().evaluations['eval']).toHaveLength(4)
})

test('datasets mixed in equal shares are trained on together', async () => {
  const drawing = small()
    .node('more', 'dataset', { source: { type: 'builtin', name: 'pig-latin-prompts' }, limit: 6 })
    .node('mix', 'mix', { take: 'equal' })
    .node('sft', 'train-sft', { ...QUICK, batchSize: 4 })
    .wire('rows.rows', 'mix.datasets')
    .wire('more.rows', 'mix.datasets')
    .wire('mix.rows', 'sft.dataset')
    .wire('model.policy', 'sft.policy').doc
  const plan = planned(drawing)
  expect(plan.estimates['sft']).toMatchObject({ rows: 12, optimizerSteps: 3 })
  const { run } = await phases(drawing)
  expect(run.state().stages['sft']).toMatchObject({ phase: 'finished', rows: 12, steps: 3 })
})

describe('a sweep', () => {
  const swept = (over: string) =>
    oneStage().node('lr', 'parameter', { name: 'lr', number: 1e-3 }).node('sweep', 'sweep', { over })
  const bound = (doc: GraphDoc): GraphDoc => changed(doc, 'sft', { bindings: { learningRate: 'lr' } })

  test('trains once per value, and a best-of goes on with the winner', async () => {
    let drawing = evaluated(swept('lr: 1e-4, 1e-2'), 'eval', 'sft.trained', 'model.policy')
    drawing = drawing.node('best', 'best-of').wire('eval.scores', 'best.scores')
    const doc = bound(sft(drawing, 'next', 'best.best').doc)
    const plan = planned(doc)
    expect(plan.stages.map((s) => s.id)).toEqual(['sft~00001', 'sft~00002', 'eval', 'next'])
    expect(plan.stages.map((s) => s.node)).toEqual(['sft', 'sft', 'eval', 'next'])
    expect(plan.stages.slice(0, 2).map((s) => s.mode === 'sft' && s.hyperparameters.learningRate)).toEqual([1e-4, 1e-2])
    expect(plan.variants['sft~00002']).toEqual([{ sweep: 'sweep', trial: 1, values: { lr: 1e-2 } }])
    const { run } = await phases(doc)
    const results = run.state().evaluations['eval']!
    const best = results.reduce((a, b) => (b.score > a.score ? b : a))
    expect(results).toHaveLength(3)
    expect(run.state().decisions['best']).toEqual({ outcome: best.label, value: best.score })
    expect(run.state().stages['next']).toMatchObject({ phase: 'finished', steps: 2 })
  })

  test('calls its trials by rates as cards write them', () => {
    const titles = planned(bound(swept('lr: 1e-3, 0.00025, 0.05').doc)).stages.map(({ title }) => title)
    expect(titles).toEqual(['SFT · lr 1e-3', 'SFT · lr 2.5e-4', 'SFT · lr 0.05'])
  })

  test('takes over its finished trials when a value is added', async () => {
    const first = await phases(bound(swept('lr: 1e-4').doc))
    const { run, phases: found } = await phases(bound(swept('lr: 1e-4, 1e-2').doc), { earlier: [first.run.state()] })
    expect(found).toEqual({ 'sft~00001': 'finished', 'sft~00002': 'finished' })
    expect(run.events.filter((e) => e.type === 'stageReused').map((e) => e.type === 'stageReused' && e.stage)).toEqual([
      'sft~00001',
    ])
  })

  test('goes on without a trial that fails, and measures all of them once it is mended', async () => {
    const sizes = oneStage()
      .node('size', 'parameter', { name: 'size', number: 8 })
      .node('sweep', 'sweep', { over: 'size: 8, 16' })
    const drawing = sft(
      evaluated(sizes, 'eval', 'sft.trained').node('best', 'best-of').wire('eval.scores', 'best.scores'),
      'next',
      'best.best',
    )
    const doc = changed(drawing.doc, 'sft', { bindings: { batchSize: 'size' } })
    // Ten rows fill a batch of 8, not one of 16: the file is not what it was when the plan was made.
    const short = runOf(doc, { 'pig-latin-sft': firstRows('pig-latin-sft', 10) })
    expect(await short.run()).toBe('finished')
    const state = short.state()
    expect(Object.fromEntries(Object.entries(state.stages).map(([id, stage]) => [id, stage.phase]))).toEqual({
      'sft~00001': 'finished',
      'sft~00002': 'failed',
      eval: 'finished',
      next: 'finished',
    })
    expect(state.evaluations['eval']).toHaveLength(1)
    expect(short.events).toContainEqual(expect.objectContaining({ type: 'log', stage: 'sft~00002', level: 'warning' }))
    const { run } = await phases(doc, { earlier: [state] })
    expect(run.state().evaluations['eval']).toHaveLength(2)
    expect(run.events.flatMap((e) => (e.type === 'stageReused' ? [e.stage] : []))).toEqual(['sft~00001'])
  })

  test('of which every trial fails has failed', async () => {
    const doc = bound(evaluated(swept('lr: 1e-4, 1e-2'), 'eval', 'sft.trained').doc)
    const run = runOf(doc, { 'pig-latin-sft': firstRows('pig-latin-sft', 4) })
    expect(await run.run()).toBe('failed')
    expect(run.state().failure).toMatchObject({ code: 'TR5001' })
    expect(run.state().stages['eval']).toMatchObject({ phase: 'skipped' })
  })

  test('over seeds gives every trained node its own', () => {
    const doc = oneStage().node('seeds', 'sweep', { strategy: 'seeds', trials: 3, seed: 7 }).doc
    const stages = planned(doc).stages
    expect(stages.map((s) => s.mode === 'sft' && [s.model.seed, s.hyperparameters.seed])).toEqual([
      [7, 7],
      [8, 8],
      [9, 9],
    ])
  })

  test('draws at random the same values again, within their range', () => {
    const doc = bound(
      oneStage()
        .node('lr', 'parameter')
        .node('s', 'sweep', { strategy: 'random', over: 'lr: 1e-5..1e-3 log', trials: 5 }).doc,
    )
    const rates = planned(doc).stages.map((s) => (s.mode === 'sft' ? s.hyperparameters.learningRate : 0))
    expect(rates).toEqual(planned(doc).stages.map((s) => (s.mode === 'sft' ? s.hyperparameters.learningRate : 0)))
    expect(new Set(rates).size).toBe(5)
    expect(rates.every((rate) => rate >= 1e-5 && rate <= 1e-3)).toBe(true)
  })
})

describe('a gate', () => {
  const gated = (threshold: number): GraphDoc => {
    let drawing = evaluated(oneStage(), 'eval', 'model.policy', 'sft.trained')
      .node('gate', 'gate', { threshold })
      .wire('sft.trained', 'gate.policy')
      .wire('eval.scores', 'gate.scores')
    drawing = sft(sft(drawing, 'on', 'gate.passed'), 'other', 'gate.failed', { learningRate: 1e-3 })
    return evaluated(drawing, 'both', 'on.trained', 'other.trained').doc
  }

  test('that holds goes on with one branch and skips the other', async () => {
    const { run, phases: found } = await phases(gated(0))
    expect(found).toEqual({ sft: 'finished', eval: 'finished', on: 'finished', other: 'skipped', both: 'finished' })
    expect(run.state().decisions['gate']?.outcome).toBe('passed')
    expect(run.state().evaluations['both']?.map((r) => r.label)).toEqual(['SFT'])
  })

  test('that does not hold takes the other branch', async () => {
    const { phases: found } = await phases(gated(2))
    expect(found).toMatchObject({ on: 'skipped', other: 'finished', both: 'finished' })
  })

  test('with nothing behind its failure ends the run there', async () => {
    const drawing = evaluated(oneStage(), 'eval', 'sft.trained')
      .node('gate', 'gate', { threshold: 2 })
      .wire('sft.trained', 'gate.policy')
      .wire('eval.scores', 'gate.scores')
    const { run, phases: found } = await phases(sft(drawing, 'on', 'gate.passed').doc)
    expect(found).toEqual({ sft: 'finished', eval: 'finished', on: 'skipped' })
    expect(run.state().stages['on']).toMatchObject({ reason: '“Gate” did not pass.' })
  })
})

describe('what is left out', () => {
  const twoStages = () => sft(oneStage(), 'more', 'sft.trained')

  test('a bypassed trainer hands its policy on', async () => {
    const doc = changed(twoStages().doc, 'sft', { mode: 'bypass' })
    const without = sft(small(), 'more', 'model.policy').doc
    expect(planned(doc).hash).toBe(planned(without).hash)
    expect((await phases(doc)).phases).toEqual({ more: 'finished' })
  })

  test('a muted trainer goes with all that cannot do without it', async () => {
    const doc = changed(evaluated(twoStages(), 'eval', 'model.policy', 'more.trained').doc, 'sft', { mode: 'mute' })
    const plan = planned(doc)
    expect(plan.stages.map((s) => s.id)).toEqual(['eval'])
    const { run } = await phases(doc)
    expect(run.state().evaluations['eval']?.map((r) => r.label)).toEqual(['Base'])
  })

  test('reroutes change no byte of the plan', () => {
    const plain = planned(oneStage().doc)
    const drawing = small()
      .node('r1', 'reroute')
      .node('r2', 'reroute')
      .node('sft', 'train-sft', QUICK)
      .wire('model.policy', 'r1.in')
      .wire('r1.out', 'r2.in')
      .wire('r2.out', 'sft.policy')
      .wire('rows.rows', 'sft.dataset').doc
    expect(canonicalJson(planned(drawing))).toBe(canonicalJson(plain))
  })
})

test('a group compiles as if its nodes lay on the canvas, with its promoted setting', async () => {
  const inner = oneStage().doc
  const doc = small()
    .node('g', 'group', {
      graph: { nodes: { sft: inner.nodes['sft']! as never }, edges: {} },
      ports: [
        {
          key: 'policy',
          label: 'Policy',
          type: 'policy',
          direction: 'in',
          required: true,
          multiple: false,
          inner: [{ node: 'sft', port: 'policy' }],
        },
        {
          key: 'data',
          label: 'Data',
          type: 'dataset',
          direction: 'in',
          required: true,
          multiple: false,
          inner: [{ node: 'sft', port: 'dataset' }],
        },
        {
          key: 'out',
          label: 'Out',
          type: 'policy',
          direction: 'out',
          required: false,
          multiple: false,
          inner: [{ node: 'sft', port: 'trained' }],
        },
      ],
      promoted: [{ key: 'rate', label: 'Rate', node: 'sft', field: 'learningRate' }],
      values: { rate: 3e-3 },
    })
    .wire('model.policy', 'g.policy')
    .wire('rows.rows', 'g.data').doc
  const plan = planned(doc)
  expect(plan.hash).toBe(planned(sft(small(), 'sft', 'model.policy', { learningRate: 3e-3 }).doc).hash)
  expect(plan.cards).toEqual({ 'g/sft': 'g' })
  expect((await phases(doc)).phases).toEqual({ 'g/sft': 'finished' })
})

test('a pinned stage keeps its result whatever its settings say, and fails when that is gone', async () => {
  const first = await phases(oneStage().doc)
  const key = first.run.state().plan.hashes['sft']!
  const pinned = changed(sft(small(), 'sft', 'model.policy', { learningRate: 5e-4 }).doc, 'sft', { pin: key })
  const { run } = await phases(pinned, { earlier: [first.run.state()] })
  expect(run.state().stages['sft']).toMatchObject({ phase: 'finished', reusedFrom: first.run.state().run })
  // To run it, or all, anew is no way around the pin.
  const asked = await phases(pinned, { earlier: [first.run.state()], asked: ['sft' as StageId] })
  expect(asked.run.state().stages['sft']).toMatchObject({ reusedFrom: first.run.state().run })
  const left = finishedStages(first.run.state())
  expect(onlyPinned(planned(pinned), left).map(({ key: kept }) => kept)).toEqual([key])
  expect(onlyPinned(planned(oneStage().doc), left)).toEqual([])
  const without = runOf(pinned)
  expect(await without.run({ earlier: [] })).toBe('failed')
  expect(without.state().failure).toMatchObject({ code: 'TR5011' })
})

/** Titles are for people: whatever is renamed after a run, its results stand for the same stages, and gates find their scores. */
import { expect, test } from 'vitest'
import type { NodeId, RunId } from '#src/base/ids.ts'
import { edit } from '#src/graph/change.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { finishedStages } from '#src/ir/reuse.ts'
import { evaluated, phases, planned, sft, small } from './smallRuns.ts'

function gated(): GraphDoc {
  const first = evaluated(sft(small(), 'sft', 'model.policy'), 'eval', 'model.policy', 'sft.trained')
    .node('gate', 'gate', { threshold: -1, against: 'first' })
    .wire('sft.trained', 'gate.policy')
    .wire('eval.scores', 'gate.scores')
    .node('best', 'best-of')
    .wire('eval.scores', 'best.scores')
  return sft(sft(first, 'on', 'gate.passed'), 'next', 'best.best').doc
}

const renamed = (doc: GraphDoc): GraphDoc =>
  edit(doc, (draft) => {
    for (const id of ['model', 'sft', 'eval', 'gate', 'best']) draft.nodes[id as NodeId]!.title = `Now ${id}`
  }).doc

test('new titles change no key', () => {
  expect(planned(renamed(gated())).hashes).toEqual(planned(gated()).hashes)
})

test('a gate and a choice after new titles decide on the scores that are taken over', async () => {
  const first = await phases(gated())
  const { run, phases: found } = await phases(renamed(gated()), { earlier: [first.run.state()] })
  expect(found).toEqual({ sft: 'finished', eval: 'finished', on: 'finished', next: 'finished' })
  expect(run.events.filter(({ type }) => type === 'stageStarted')).toEqual([])
  expect(run.state().evaluations['eval']!.map(({ label }) => label)).toEqual(['Now model', 'Now sft'])
  expect(run.state().decisions['gate']).toMatchObject({ outcome: 'passed' })
  const { value } = first.run.state().decisions['best']!
  expect(run.state().decisions['best']).toEqual({ outcome: expect.stringMatching(/^Now /), value })
})

test('what was taken over twice names the run that made it', async () => {
  const first = await phases(gated())
  const made = { ...first.run.state(), run: 'r_made' as RunId }
  const second = await phases(gated(), { earlier: [made] })
  const took = { ...second.run.state(), run: 'r_took' as RunId }
  expect(new Set(finishedStages(took).map(({ run }) => run))).toEqual(new Set(['r_made']))
})

import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import type { DatasetFacts, DatasetRequest } from '../ir/dataset.ts'
import { datasetKey } from '../ir/datasetKey.ts'
import type { NodeId } from '../base/ids.ts'
import { probeKey } from '../ir/rewardProbe.ts'
import type { ProbeRequest, RewardProbe } from '../ir/rewardProbe.ts'
import { createFacts } from './facts.ts'
import type { FactsStore } from './facts.ts'

type Question = {
  request: DatasetRequest
  models: readonly string[]
  answer: (result: Result<DatasetFacts, Diagnostic>) => void
}

const set = (name: string): DatasetRequest => ({ source: { type: 'builtin', name }, mapping: { type: 'auto' } })
const [A, B] = [set('a'), set('b')]
const facts = (rows: number): DatasetFacts => ({
  fingerprint: 'f',
  columns: ['prompt'],
  mapping: null,
  rows,
  usable: rows,
  withAnswer: rows,
  diagnostics: [],
  tokens: [],
})

/** The store with a worker whose answers are given by hand. */
type Probed = { readonly request: ProbeRequest; answer(probe: RewardProbe | null): void }

function rig(): { store: FactsStore; asked: Question[]; probed: Probed[]; settle: () => Promise<void> } {
  const asked: Question[] = []
  const probed: Probed[] = []
  const store = createFacts({
    facts: (request, _text, models) => new Promise((answer) => asked.push({ request, models, answer })),
    preview: () => Promise.reject(new Error('not asked here')),
    probe: (request) => new Promise((answer) => probed.push({ request, answer })),
  })
  return { store, asked, probed, settle: () => new Promise((resolve) => setTimeout(resolve, 0)) }
}

const need = (request: DatasetRequest, ...models: string[]) => ({ request, assetText: null, models })

describe('facts', () => {
  test('are read once per dataset and given to the compiler when they are known', async () => {
    const { store, asked, settle } = rig()
    store.need([need(A), need(B)])
    store.need([need(A), need(B)])
    expect(asked.map((q) => q.request)).toEqual([A, B])
    expect(store.entryOf(A)).toEqual({ phase: 'reading' })
    const before = store.state.facts
    asked[0]!.answer(ok(facts(7)))
    await settle()
    expect(store.entryOf(A)).toMatchObject({ phase: 'known' })
    expect(store.state.facts.datasets).toEqual({ [datasetKey(A)]: facts(7) })
    expect(store.state.facts).not.toBe(before)
  })

  test('are forgotten with the dataset; an answer that comes later changes nothing', async () => {
    const { store, asked, settle } = rig()
    store.need([need(A), need(B)])
    asked[1]!.answer(ok(facts(2)))
    await settle()
    store.need([])
    asked[0]!.answer(ok(facts(7)))
    await settle()
    expect([store.entryOf(A), store.entryOf(B), store.state.facts.datasets]).toEqual([null, null, {}])
  })

  test('are read anew for other models, and kept in use meanwhile', async () => {
    const { store, asked, settle } = rig()
    store.need([need(A)])
    asked[0]!.answer(ok(facts(1)))
    await settle()
    store.need([need(A, 'm1')])
    store.need([need(A, 'm1', 'm2')])
    expect(asked.map((q) => q.models)).toEqual([[], ['m1'], ['m1', 'm2']])
    expect(store.entryOf(A)).toMatchObject({ phase: 'known', facts: { rows: 1 } })
    asked[2]!.answer(ok(facts(3)))
    asked[1]!.answer(ok(facts(2)))
    await settle()
    expect(store.entryOf(A)).toMatchObject({ facts: { rows: 3 } })
  })

  test('that cannot be read reach the compiler as nothing known, and why', async () => {
    const { store, asked, settle } = rig()
    store.need([need(A)])
    const diagnostic = { code: 'SV0006', severity: 'error', message: 'gone', at: { on: 'document' } } as const
    asked[0]!.answer(err(diagnostic))
    await settle()
    expect(store.entryOf(A)).toEqual({ phase: 'failed', diagnostic })
    expect(store.state.facts.datasets[datasetKey(A)]).toMatchObject({ rows: 0, diagnostics: [diagnostic] })
  })

  test('whose tokens another backend could not count are asked for again when a backend connects', async () => {
    const { store, asked, settle } = rig()
    store.need([need(A, 'm')])
    asked[0]!.answer(ok(facts(5)))
    await settle()
    expect(store.entryOf(A)).toMatchObject({ facts: { tokens: [] } })
    store.setModels([{ name: 'm', maxContext: 512, renderer: 'tunegraph' }])
    store.need([need(A, 'm')])
    expect(asked).toHaveLength(2)
  })

  test('carry the models of the backend along', () => {
    const { store } = rig()
    const models = [{ name: 'm', maxContext: 512, renderer: 'tunegraph' }]
    store.setModels(models)
    expect(store.state.facts.models).toEqual(models)
    store.setModels(null)
    expect(store.state.facts.models).toBeNull()
  })

  test('of rewards are probed once and forgotten with the reward', async () => {
    const { store, probed, settle } = rig()
    const grader = { type: 'exact', caseSensitive: false, stripPunctuation: false } as const
    const request: ProbeRequest = {
      dataset: A,
      rewards: [{ node: 'exact' as NodeId, title: 'Exact', weight: 1, grader }],
    }
    const heavier = { ...request, rewards: [{ ...request.rewards[0]!, title: 'Other words', weight: 2 }] }
    store.probe([{ request, assetText: null }])
    store.probe([{ request: heavier, assetText: null }])
    expect(probed).toHaveLength(1)
    const means = { exact: { gold: 1, shuffled: 0, empty: 0, echo: 0, truncated: 0 } }
    probed[0]!.answer({ rows: 3, different: 3, means })
    await settle()
    expect(store.state.facts.probes).toEqual({ [probeKey(request)]: { rows: 3, different: 3, means } })
    store.probe([])
    store.setModels([])
    expect(store.state.facts.probes).toEqual({})
  })
})

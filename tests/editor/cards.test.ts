import { describe, expect, test } from 'vitest'
import { proxy } from 'valtio/vanilla'
import type { EdgeId, NodeId, RunId, StageId } from '#src/base/ids.ts'
import { emptyDoc } from '#src/graph/model.ts'
import type { DocId } from '#src/base/ids.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { reduceRun } from '#src/ir/runState.ts'
import type { RunState } from '#src/ir/runState.ts'
import type { RunEventBody } from '#src/ir/runEvent.ts'
import { createDefaultRegistry } from '#nodes/index.ts'
import { sft } from '../../examples/sft.ts'
import { createCardStates } from '#src/store/cardStates.ts'
import { COMPILE_DELAY_MS } from '#src/store/problems.ts'
import type { Runs, RunsState } from '#src/store/runs.ts'
import { setNodeParams } from '#src/store/commands/nodes.ts'
import { searchKinds } from '#src/store/kindSearch.ts'
import { wireText } from '#src/store/wireText.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import { createTestEditor } from '../support/editor.ts'
import type { TestEditor } from '../support/editor.ts'
import { readFacts } from '../support/realFacts.ts'

const registry = createDefaultRegistry()

function exampleEditor(): TestEditor {
  const doc = sft(registry)
  const t = createTestEditor({ doc, facts: readFacts(factRequests(doc, registry)) })
  t.wait(COMPILE_DELAY_MS)
  return t
}

/** The runs of a page that shows one run, told by its events. */
function showing(t: TestEditor): { runs: Runs; tell: (event: RunEventBody) => void; run: () => RunState } {
  const state = proxy<RunsState>({
    phase: 'ready',
    list: [],
    shown: 'r_1' as RunId,
    states: {},
    activity: { phase: 'idle' },
    problem: null,
  })
  let current: RunState | null = null
  let seq = 0
  const tell = (event: RunEventBody): void => {
    current = reduceRun(current, { ...event, run: 'r_1' as RunId, seq, at: seq++ * 1000 })
    state.states['r_1'] = current!
  }
  tell({
    type: 'runStarted',
    title: 'x',
    plan: t.editor.problems.state.plan!,
    backend: { type: 'embedded', url: '' },
    docId: t.doc().id,
    docVersion: 0,
  })
  return { runs: { state } as unknown as Runs, tell, run: () => current! }
}

describe('a card of an unknown kind', () => {
  const doc: GraphDoc = {
    ...emptyDoc('d_1' as DocId),
    nodes: {
      a: { id: 'a' as NodeId, kind: 'dataset', kindVersion: 1, title: '', params: {}, position: { x: 0, y: 0 } },
      b: {
        id: 'b' as NodeId,
        kind: 'from-the-future',
        kindVersion: 9,
        title: '',
        params: { x: 1 },
        position: { x: 400, y: 0 },
      },
    },
    edges: {
      e: { id: 'e' as EdgeId, from: { node: 'a' as NodeId, port: 'rows' }, to: { node: 'b' as NodeId, port: 'stuff' } },
      f: { id: 'f' as EdgeId, from: { node: 'a' as NodeId, port: 'gone' }, to: { node: 'b' as NodeId, port: 'stuff' } },
    },
  }

  test('keeps its wires, with the ports that they name', () => {
    const t = createTestEditor({ doc })
    const b = t.session.model.nodes().find((n) => n.id === 'b')!
    expect(b.data.view.kind).toBeNull()
    expect(b.handles!.map((h) => h.id)).toEqual(['stuff'])
    expect(t.session.model.edges().map((e) => e.data?.broken)).toEqual([true, true])
  })

  test('gives a known kind a broken port for a wire that names none of its own, and takes it away with the wire', () => {
    const t = createTestEditor({ doc })
    const ports = (): (string | null | undefined)[] =>
      t.session.model
        .nodes()
        .find((n) => n.id === 'a')!
        .handles!.map((h) => h.id)
    expect(ports()).toContain('gone')
    t.editor.commands.run('wire.disconnect', { edges: ['f'] })
    expect(ports()).not.toContain('gone')
    expect(ports()).toContain('rows')
  })

  test('is moved, copied and deleted like any other', () => {
    const t = createTestEditor({ doc })
    t.drag('b', { x: 80, y: 0 })
    expect(t.node('b').position.x).toBe(480)
    t.press('Mod+D')
    expect(t.node(t.selected()[0]!).params).toEqual({ x: 1 })
    t.press('Delete')
    expect(Object.keys(t.doc().nodes)).toHaveLength(2)
  })
})

describe('cards while a run is shown', () => {
  test('wake up only when their own stage changes', () => {
    const t = exampleEditor()
    const { runs, tell } = showing(t)
    const states = createCardStates(runs, t.editor)
    states.start()
    let trainer = 0
    let evaluation = 0
    states.subscribe('sft', () => trainer++)
    states.subscribe('compare', () => evaluation++)
    expect(states.of('sft')?.state.phase).toBe('queued')
    expect(states.of('base')).toBeNull()
    tell({ type: 'stageStarted', stage: 'sft' as StageId, totalSteps: 60, rows: 320 })
    return Promise.resolve().then(() => {
      expect(states.of('sft')?.state).toMatchObject({ phase: 'running', totalSteps: 60 })
      expect([trainer, evaluation]).toEqual([1, 0])
    })
  })

  test('say when they were changed since', () => {
    const t = exampleEditor()
    const { runs } = showing(t)
    const states = createCardStates(runs, t.editor)
    states.start()
    expect(states.of('sft')?.stale).toBe(false)
    setNodeParams(t.editor, 'sft' as NodeId, { epochs: 2 })
    t.wait(COMPILE_DELAY_MS)
    expect(states.of('sft')?.stale).toBe(true)
    expect(states.of('compare')?.stale).toBe(true)
    t.press('Mod+Z')
    t.wait(COMPILE_DELAY_MS)
    expect(states.of('sft')?.stale).toBe(false)
  })

  test('show nothing of a run of another document', async () => {
    const t = exampleEditor()
    const { runs } = showing(t)
    const states = createCardStates(runs, t.editor)
    states.start()
    await t.editor.documents.create()
    expect(states.of('sft')).toBeNull()
  })
})

describe('what a wire says', () => {
  const edge = (t: TestEditor, from: string, to: string): string =>
    Object.values(t.doc().edges).find(
      (e) => `${e.from.node}.${e.from.port}` === from && `${e.to.node}.${e.to.port}` === to,
    )!.id

  test('is the number of rows that the stage takes', () => {
    const t = exampleEditor()
    const facts = readFacts(factRequests(t.doc(), registry))
    const say = (from: string, to: string): string => wireText(t.editor, edge(t, from, to), { facts, run: null })
    expect(say('lessons.rows', 'sft.dataset')).toBe('dataset · 320 rows')
    expect(say('lessons.heldout', 'sft.heldout')).toBe('dataset · 40 rows')
    expect(say('unseen.rows', 'compare.dataset')).toBe('dataset · 256 rows')
    expect(say('exact.reward', 'compare.reward')).toBe('reward · exact match')
    expect(say('base.policy', 'sft.policy')).toContain('policy · Base model (tunegraph/tiny-1m')
  })

  test('follows the run: training, then the checkpoint that was saved', () => {
    const t = exampleEditor()
    const facts = readFacts(factRequests(t.doc(), registry))
    const { tell, run } = showing(t)
    const say = (from: string, to: string): string => wireText(t.editor, edge(t, from, to), { facts, run: run() })
    tell({ type: 'stageStarted', stage: 'sft' as StageId, totalSteps: 60, rows: 320 })
    expect(say('sft.trained', 'after-sft.policy')).toBe('policy · SFT, training')
    tell({
      type: 'checkpointSaved',
      checkpoint: {
        stage: 'sft' as StageId,
        name: 'after-sft',
        step: 60,
        statePath: 's',
        samplerPath: 'p',
        expiresAt: null,
        rolling: false,
      },
    })
    expect(say('after-sft.saved', 'compare.policies')).toBe('policy · after-sft, step 60')
  })
})

describe('searching nodes', () => {
  test('finds by title, synonym and letters in order, best first', () => {
    expect(searchKinds(registry.all, 'sft')[0]!.kind).toBe('train-sft')
    expect(searchKinds(registry.all, 'grpo')[0]!.kind).toBe('train-rl')
    expect(searchKinds(registry.all, 'evl').map((k) => k.kind)).toContain('evaluate')
    expect(searchKinds(registry.all, 'zzz')).toEqual([])
    const titles = registry.all.map((kind) => kind.title).sort((a, b) => a.localeCompare(b))
    expect(searchKinds(registry.all, '').map((kind) => kind.title)).toEqual(titles)
  })
})

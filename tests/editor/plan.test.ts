import { afterEach, describe, expect, test } from 'vitest'
import { countingIds } from '#src/base/ids.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import { PRICES } from '#src/ir/prices.ts'
import { freshStorage } from '#src/persist/testing/freshStorage.ts'
import { createRunNotices } from '#src/persist/runNotices.ts'
import type { Storage } from '#src/persist/storage.ts'
import { testLocks } from '#src/persist/testing/locks.ts'
import type { RunService } from '#src/services/runService.ts'
import { createCompileService } from '#src/services/compileService.ts'
import { createBackend } from '#src/store/backend.ts'
import { setNodeParams } from '#src/store/commands/nodes.ts'
import { pinCommands } from '#src/store/commands/modes.ts'
import { plannedPart, runCommands } from '#src/store/commands/running.ts'
import { findOrigin } from '#src/store/lineage.ts'
import { createMetrics } from '#src/store/metrics.ts'
import { createPlanReviews } from '#src/store/planReview.ts'
import type { PlanReviews } from '#src/store/planReview.ts'
import { planTable } from '#src/store/planTable.ts'
import { COMPILE_DELAY_MS } from '#src/store/problems.ts'
import { createRuns, shownRun } from '#src/store/runs.ts'
import type { Runs } from '#src/store/runs.ts'
import { createDefaultRegistry } from '#nodes/index.ts'
import { openTab } from '#worker/run/testing/tab.ts'
import { sft } from '../../examples/sft.ts'
import { createTestEditor } from '../support/editor.ts'
import type { TestEditor } from '../support/editor.ts'
import { readFacts } from '../support/realFacts.ts'

const registry = createDefaultRegistry()

type Page = TestEditor & {
  readonly runs: Runs
  readonly reviews: PlanReviews
  readonly storage: Storage
  ran(): Promise<void>
  marked(): Promise<void>
}

let closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing) close()
  closing = []
})

/** An editor with real runs: the example, a few steps long. */
function open(): Page {
  const storage = freshStorage()
  const locks = testLocks()
  const tab = openTab({ storage, locks })
  const channel = new BroadcastChannel(`plan-${Math.random()}`)
  const example = sft(registry)
  const facts = readFacts(factRequests(example, registry))
  const t = createTestEditor({ doc: example, facts, tab: { storage, locks, channel } })
  setNodeParams(t.editor, 'sft' as never, { maxSteps: 3, evalEvery: 0, batchSize: 2 })
  setNodeParams(t.editor, 'compare' as never, { limit: 4 })
  const service: RunService = {
    host: tab.host,
    onFeed: (listener) => tab.subscribe(listener),
    onCrash: () => () => undefined,
    dispose: () => undefined,
  }
  const metrics = createMetrics((frame) => void setTimeout(() => frame(0), 1))
  const notices = createRunNotices(`plan-${Math.random()}`)
  const runs = createRuns({ storage, service, metrics, locks, notices, ids: countingIds() })
  const reviews = createPlanReviews({
    editor: t.editor,
    runs,
    backend: createBackend({ storage, service }),
    review: (request) => tab.host.reviewPlan(request),
    priceProblems: createCompileService(registry).priceProblems,
  })
  t.editor.commands.add([...runCommands(runs), ...pinCommands(reviews)])
  t.wait(COMPILE_DELAY_MS)
  const stop = reviews.start()
  closing.push(() => {
    stop()
    runs.dispose()
    notices.close()
    channel.close()
    tab.kill()
  })
  return {
    ...t,
    runs,
    reviews,
    storage,
    async ran() {
      await until(() => runs.state.activity.phase !== 'idle')
      await until(() => runs.state.activity.phase === 'idle')
      await until(() => runs.state.list[0]?.phase === 'finished')
    },
    async marked() {
      t.wait(COMPILE_DELAY_MS)
      await until(() => reviews.state.known?.plan === t.editor.problems.state.plan)
    },
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

const can = (t: TestEditor, id: string, node: string): string | null => t.editor.commands.refusal(id, { node })

describe('the plan before and after a run', () => {
  test(
    'marks on cards, pins and the table say what need not run again, and why the rest must',
    { timeout: 120_000 },
    async () => {
      const t = open()
      const { commands } = t.editor
      await t.marked()
      expect(t.reviews.markOf('sft')).toBeNull()
      expect(can(t, 'node.pin', 'sft')).toMatch(/has not run yet/)
      expect(can(t, 'node.pin', 'lessons')).toMatch(/No stage/)
      expect(can(t, 'node.unpin', 'sft')).toBe('It is not pinned')

      commands.run('run.toHere', { node: 'after-sft' })
      await t.ran()
      expect(shownRun(t.runs.state)?.plan.stages.map((stage) => stage.id)).toEqual(['sft'])
      await until(() => t.reviews.markOf('sft')?.state === 'current')
      expect(t.reviews.markOf('compare')).toBeNull()

      setNodeParams(t.editor, 'sft' as never, { learningRate: 2e-3 })
      await t.marked()
      expect(t.reviews.markOf('sft')).toEqual({ state: 'stale', pinned: false, why: 'Learning rate 0.001 → 0.002' })
      const { plan, review } = t.reviews.state.known!
      const table = planTable(plan, review, { prices: PRICES, fresh: false })
      expect(table.rows.map(({ state }) => state)).toEqual(['runs', 'runs'])
      expect(table.rows[0]!.nodes.slice(0, 1)).toEqual(['sft'])
      expect(table.rows[0]!.nodes).toEqual(expect.arrayContaining(['base', 'lessons', 'after-sft']))
      expect(table.total).toMatchObject({
        stages: 2,
        steps: { low: 3, high: 3 },
        cost: { dollars: { low: 0, high: 0 }, complete: true },
      })

      // Pinned to the result it has, whatever its settings say now; undo lets go again.
      expect(commands.run('node.pin', { node: 'sft' }).ran).toBe(true)
      await t.marked()
      expect(t.reviews.markOf('sft')).toEqual({ state: 'current', pinned: true, why: '' })
      const pinned = t.reviews.state.known!
      const kept = planTable(pinned.plan, pinned.review, { prices: PRICES, fresh: false })
      expect(kept.rows.map(({ state }) => state)).toEqual(['pinned', 'runs'])
      expect(kept.total.stages).toBe(1)
      expect(can(t, 'node.pin', 'sft')).toBe('It is pinned already')
      t.editor.doc.undo()
      await t.marked()
      expect(t.reviews.markOf('sft')?.state).toBe('stale')

      // Back to the settings that ran, everything can be asked for again.
      t.editor.doc.undo()
      await t.marked()
      expect(t.reviews.markOf('sft')?.state).toBe('current')
      commands.run('run.only', { node: 'sft' })
      await t.ran()
      expect(shownRun(t.runs.state)?.stages['sft']).not.toHaveProperty('reusedFrom')
      commands.run('run.start')
      await t.ran()
      expect(shownRun(t.runs.state)?.stages).toMatchObject({ sft: { reusedFrom: expect.any(String) } })
    },
  )

  test('a checkpoint leads back to the run and to the graph as it ran', { timeout: 120_000 }, async () => {
    const t = open()
    await t.editor.documents.adopt(t.doc(), [])
    t.wait(COMPILE_DELAY_MS)
    t.editor.commands.run('run.toHere', { node: 'sft' })
    await t.ran()
    const run = shownRun(t.runs.state)!
    setNodeParams(t.editor, 'sft' as never, { learningRate: 5e-3 })
    const { statePath } = run.checkpoints.find((save) => save.name === 'after-sft')!
    const storage = t.storage
    const found = await findOrigin(storage, ` ${statePath} `)
    if (!found.ok || found.value.found !== 'save') throw new Error('not found')
    expect(found.value).toMatchObject({ run: run.run, stage: 'SFT', node: 'sft', document: { id: t.doc().id } })
    expect(await t.editor.documents.openVersion(t.doc().id, found.value.version!)).toBe(true)
    expect(t.doc().nodes['sft']!.params['learningRate']).toBe(1e-3)

    const sibling = await findOrigin(storage, statePath.replace(/[^/]+$/, 'another'))
    expect(sibling).toMatchObject({ value: { found: 'sibling', run: run.run } })
    expect(await findOrigin(storage, 'tinker://elsewhere/weights/x')).toMatchObject({
      value: { found: 'nothing', trainingRun: 'elsewhere', name: 'x' },
    })
    expect(await findOrigin(storage, 'https://example.org')).toMatchObject({ value: { found: 'no-path' } })
  })

  test('a stage in a group is told at its card and, once that is open, at its own', { timeout: 120_000 }, async () => {
    const t = open()
    t.editor.selection.setNodes(['sft'])
    t.press('Mod+G')
    const group = t.selected()[0]!
    const inner = `${group}/sft`
    await t.marked()
    t.editor.commands.run('run.toHere', { node: group })
    await t.ran()
    await until(() => t.reviews.markOf(group)?.state === 'current')
    expect(t.reviews.markOf(inner)?.state).toBe('current')

    t.press('Enter')
    setNodeParams(t.editor, inner as never, { learningRate: 2e-3 })
    await t.marked()
    const stale = { state: 'stale', pinned: false, why: 'Learning rate 0.001 → 0.002' }
    expect([t.reviews.markOf(inner), t.reviews.markOf(group)]).toEqual([stale, stale])
    t.editor.commands.run('node.pin', { node: inner })
    await t.marked()
    expect(t.reviews.markOf(inner)).toMatchObject({ state: 'current', pinned: true })
    t.press('U')
    t.press('Mod+Z')
    expect([t.editor.doc.state.level, t.node(inner).pin]).toEqual([group, undefined])
  })
})

describe('nodes left out', () => {
  test('bypass and mute are steps of their own, refused where they mean nothing', () => {
    const t = open()
    const { commands } = t.editor
    t.click('after-sft')
    t.press('B')
    expect(t.node('after-sft').mode).toBe('bypass')
    t.press('M')
    expect(t.node('after-sft').mode).toBe('mute')
    t.editor.doc.undo()
    expect(t.node('after-sft').mode).toBe('bypass')
    t.press('B')
    expect(t.node('after-sft')).not.toHaveProperty('mode')
    expect(commands.refusal('node.bypass', { node: 'lessons' })).toMatch(/mute it instead/)
    t.press('Mod+A')
    t.press('M')
    expect(Object.values(t.doc().nodes).every((node) => node.mode === 'mute')).toBe(true)
    t.editor.doc.undo()
    expect(Object.values(t.doc().nodes).some((node) => node.mode !== undefined)).toBe(false)
  })

  test('what is muted takes no part, and says so where it is asked to run', () => {
    const t = open()
    expect(plannedPart(t.editor, { to: 'compare' })?.plan.stages.map((s) => s.id)).toEqual(['sft', 'compare'])
    expect(can(t, 'run.toHere', 'note')).toMatch(/takes no part in the plan/)
    t.editor.commands.run('node.mute', { node: 'compare' })
    t.wait(COMPILE_DELAY_MS)
    expect(can(t, 'run.toHere', 'compare')).toMatch(/takes no part in the plan/)
    expect(can(t, 'run.fromHere', 'lessons')).toBeNull()
  })
})

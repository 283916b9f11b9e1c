/** What cards show of the run that is shown, by node. Recomputed when the run or the plan changes; cards hear of their own only. */
import { subscribe } from 'valtio/vanilla'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { RunId, StageId } from '../base/ids.ts'
import { pathUp } from '../graph/nested.ts'
import type { PipelineConfig } from '../ir/pipelineConfig.ts'
import type { RunPhase, StageState } from '../ir/runState.ts'
import type { Editor } from './editor.ts'
import { shownRun } from './runs.ts'
import type { Runs } from './runs.ts'

export type CardState = {
  readonly run: RunId
  readonly stage: StageId
  readonly mode: PipelineConfig['mode']
  readonly state: StageState
  readonly runPhase: RunPhase
  /** The node or what it depends on was changed since: the same run would not give these results. */
  readonly stale: boolean
}

const TELLING: Readonly<Record<StageState['phase'], number>> = {
  skipped: 0,
  finished: 1,
  queued: 2,
  stopped: 3,
  running: 4,
  failed: 5,
}

export type CardStates = {
  /** Null when the shown run has no stage of this node. The same object while nothing changed. */
  of(node: string): CardState | null
  subscribe(node: string, listener: () => void): () => void
  /** Begins to follow; returns the end. */
  start(): () => void
}

export function createCardStates(runs: Runs, editor: Pick<Editor, 'doc' | 'problems'>): CardStates {
  const listeners = new Map<string, Set<() => void>>()
  let states = new Map<string, CardState>()

  function compute(): void {
    const run = shownRun(runs.state)
    const next = new Map<string, CardState>()
    if (run && run.docId === editor.doc.get().id) {
      const { plan } = editor.problems.state
      for (const stage of run.plan.stages) {
        const now = plan?.hashes[stage.id]
        const state: CardState = {
          run: run.run,
          stage: stage.id,
          mode: stage.mode,
          state: run.stages[stage.id] ?? { phase: 'queued' },
          runPhase: run.phase,
          stale: plan !== null && now !== run.plan.hashes[stage.id],
        }
        for (const node of pathUp(stage.node)) {
          const known = next.get(node)
          // A group with several stages tells of the one that matters most now.
          if (known && TELLING[known.state.phase] >= TELLING[state.state.phase]) continue
          const before = states.get(node)
          next.set(node, before && same(before, state) ? before : state)
        }
      }
    }
    const changed = new Set([...states.keys(), ...next.keys()])
    for (const node of changed) if (states.get(node) === next.get(node)) changed.delete(node)
    states = next
    for (const node of changed) for (const listener of [...(listeners.get(node) ?? [])]) listener()
  }

  return {
    of: (node) => states.get(node) ?? null,
    subscribe(node, listener) {
      const set = listeners.get(node) ?? new Set()
      listeners.set(node, set)
      set.add(listener)
      return () => {
        set.delete(listener)
        if (set.size === 0 && listeners.get(node) === set) listeners.delete(node)
      }
    },
    start() {
      compute()
      const stops = [
        subscribe(runs.state, compute),
        editor.problems.subscribe(compute),
        editor.doc.subscribe((change) => (change.cause === 'load' ? compute() : undefined)),
      ]
      return () => stops.forEach((stop) => stop())
    },
  }
}

/** Sentence for people of a failed stage, if it failed. */
export function failureOf(state: CardState): Diagnostic | null {
  return state.state.phase === 'failed' ? state.state.diagnostic : null
}

function same(a: CardState, b: CardState): boolean {
  return (
    a.run === b.run && a.stage === b.stage && a.state === b.state && a.runPhase === b.runPhase && a.stale === b.stale
  )
}

import { useMemo } from 'react'
import { useSnapshot } from 'valtio'
import type { SavedCheckpoint } from '#src/ir/runEvent.ts'
import type { RunState } from '#src/ir/runState.ts'
import { modelsOf } from '#src/store/backend.ts'
import type { Policy } from '#src/store/playground.ts'
import { moment } from '../runs/timeWords.ts'
import { useStores } from '../shell/useStores.ts'

/** Name of the save that every trainer makes at its end. */
const FINAL = 'final'

/** Everyone there is to talk to: base models of the backend, then checkpoints of opened runs, the newest first. */
export function usePolicies(): readonly Policy[] {
  const { backend, runs } = useStores()
  const models = modelsOf(useSnapshot(backend.state))
  const { states } = useSnapshot(runs.state)
  return useMemo(() => {
    const bases = (models ?? []).map((m) => ({
      path: null,
      label: `Base · ${m.name}`,
      model: m.name,
      renderer: m.renderer,
    }))
    const opened = (Object.values(states) as RunState[]).toSorted((a, b) => b.startedAt - a.startedAt)
    return [...bases, ...opened.flatMap((state) => policiesOf(state, opened.length > 1))]
  }, [models, states])
}

function policiesOf(state: RunState, several: boolean): Policy[] {
  return state.checkpoints.toReversed().flatMap((saved) => {
    const stage = state.plan.stages.find((s) => s.id === saved.stage)
    if (saved.samplerPath === null || !stage || stage.mode === 'evaluate') return []
    // The automatic save at the end holds the same weights as one that a person named.
    const named = saved.name !== FINAL || !state.checkpoints.some((other) => isTwin(other, saved))
    if (!named) return []
    const when = several ? `, ${moment(state.startedAt, Date.now())}` : ''
    return [
      {
        path: saved.samplerPath,
        label: `${saved.name} · ${stage.title}, step ${saved.step}${when}`,
        model: stage.model.name,
        renderer: stage.renderer,
      },
    ]
  })
}

/** Another save of the same weights that people can choose. */
function isTwin(a: SavedCheckpoint, b: SavedCheckpoint): boolean {
  return a.stage === b.stage && a.step === b.step && a.name !== b.name && a.samplerPath !== null
}

import { useMemo } from 'react'
import { useSnapshot } from 'valtio'
import type { ModelFacts } from '#src/ir/dataset.ts'
import type { SavedCheckpoint } from '#src/ir/runEvent.ts'
import type { RunState } from '#src/ir/runState.ts'
import { modelsOf } from '#src/store/backend.ts'
import type { BroughtAdapter } from '#src/store/embedded.ts'
import type { Policy } from '#src/store/playground.ts'
import { moment } from '../runs/timeWords.ts'
import { useStores } from '../shell/useStores.ts'

/** Name of the save that every trainer makes at its end. */
const FINAL = 'final'

const NONE: readonly BroughtAdapter[] = []

/** Everyone there is to talk to: base models of the backend, checkpoints of opened runs, the newest first, uploaded adapters. */
export function usePolicies(): readonly Policy[] {
  const { backend, embedded, runs } = useStores()
  const { selected, connection } = useSnapshot(backend.state)
  const models = modelsOf({ connection })
  const { adapters } = useSnapshot(embedded.state)
  const brought = selected.type === 'embedded' ? adapters : NONE
  const { states } = useSnapshot(runs.state)
  return useMemo(() => {
    const bases = (models ?? []).map((m) => ({
      path: null,
      label: `Base · ${m.name}`,
      model: m.name,
      renderer: m.renderer,
    }))
    const opened = (Object.values(states) as RunState[]).toSorted((a, b) => b.startedAt - a.startedAt)
    const saved = opened.flatMap((state) => policiesOf(state, opened.length > 1))
    return [...bases, ...saved, ...brought.flatMap((adapter) => policyOf(adapter, models ?? []))]
  }, [models, states, brought])
}

/** An adapter is spoken to as its base model is; none where that is not there. */
export function policyOf({ name, baseModel, sampler }: BroughtAdapter, models: readonly ModelFacts[]): Policy[] {
  const base = models.find((model) => model.name === baseModel)
  if (!base) return []
  return [{ path: sampler, label: `${name} · uploaded adapter`, model: baseModel, renderer: base.renderer }]
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

import { useMemo } from 'react'
import { useSnapshot } from 'valtio'
import type { PipelineConfig } from '#src/ir/pipelineConfig.ts'
import type { RunState } from '#src/ir/runState.ts'
import { modelsOf } from '#src/store/backend.ts'
import type { Policy } from '#src/store/playground.ts'
import { useStores } from '../shell/useStores.ts'

/** Everyone there is to talk to: base models of the backend, then checkpoints of opened runs, newest run first. */
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
    return [...bases, ...opened.flatMap(policiesOf)]
  }, [models, states])
}

function policiesOf(state: RunState): Policy[] {
  return state.checkpoints.flatMap((saved) => {
    const stage = state.plan.stages.find((s) => s.id === saved.stage)
    if (saved.samplerPath === null || !stage || stage.mode === 'evaluate') return []
    return [
      {
        path: saved.samplerPath,
        label: labelOf(stage, saved.name, saved.step),
        model: stage.model.name,
        renderer: stage.renderer,
      },
    ]
  })
}

function labelOf(stage: PipelineConfig, name: string, step: number): string {
  return `${stage.title} · ${name} (step ${step})`
}

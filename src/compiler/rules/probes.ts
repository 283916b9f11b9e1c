/** What the probe of rewards would like to look at, and what it found. Sources: features 5.18, recipes §8 V46–V50. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { DatasetSpec, Facts } from '../../ir/dataset.ts'
import { partsOf } from '../../ir/dataset.ts'
import type { PipelineConfig, RewardSpec } from '../../ir/pipelineConfig.ts'
import { probeKey } from '../../ir/rewardProbe.ts'
import type { ProbeRequest } from '../../ir/rewardProbe.ts'
import { withAllForms } from './probeForms.ts'
import { problemsOf, sumProblems } from './probeProblems.ts'

/** Every set of rewards with the rows that it grades, each once. */
export function probeRequests(stages: readonly PipelineConfig[]): readonly ProbeRequest[] {
  const byKey = new Map<string, ProbeRequest>()
  for (const stage of stages) for (const { key, request } of asked(stage)) byKey.set(key, request)
  return [...byKey.values()]
}

type Asked = { readonly key: string; readonly request: ProbeRequest; readonly rows: DatasetSpec }

/** Stages are immutable, and most of a drawing are those of the compile before. */
const known = new WeakMap<PipelineConfig, readonly Asked[]>()

function asked(stage: PipelineConfig): readonly Asked[] {
  if (stage.mode === 'sft') return []
  let found = known.get(stage)
  if (!found) known.set(stage, (found = requestsOf(stage)))
  return found
}

function requestsOf(stage: PipelineConfig): readonly Asked[] {
  const rewards = rewardsOf(stage)
  if (rewards.length === 0) return []
  return partsOf(stage.dataset).map((rows) => {
    const { source, mapping } = rows
    return { key: probeKey({ dataset: rows, rewards }), request: { dataset: { source, mapping }, rewards }, rows }
  })
}

/** Stages that share a probe may weigh its rewards differently, or put another system prompt before the rows. */
export function probeProblems(stages: readonly PipelineConfig[], { probes }: Facts): Diagnostic[] {
  if (probes === undefined) return []
  const found = stages.flatMap((stage) =>
    asked(stage).flatMap(({ key, request: { rewards }, rows }) => {
      const probe = probes[key]
      if (!probe) return []
      return [...rewards.flatMap((reward) => problemsOf(reward, probe, rows)), ...sumProblems(rewards, probe)]
    }),
  )
  // The same of the same reward over several sets is told once.
  const said = new Set<string>()
  return withAllForms(found).filter(({ code, at, related }) => {
    const place = `${code} ${JSON.stringify([at, related])}`
    return !said.has(place) && said.add(place)
  })
}

function rewardsOf(stage: PipelineConfig): readonly RewardSpec[] {
  if (stage.mode === 'rl') return stage.rl.rewards
  return stage.mode === 'evaluate' ? stage.evaluation.rewards : []
}

/** Content hashes of stages and plans: what would give the same weights has the same hash, whatever it is called or where it stands. */
import { canonicalJson } from '../base/canonicalJson.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { DatasetSpec } from './dataset.ts'
import type { CheckpointSpec, PipelineConfig, PolicySource, RewardSpec } from './pipelineConfig.ts'
import { IR_VERSION } from './pipelineConfig.ts'

/** SHA-256 of the mapped rows behind a spec; null when nobody read them. */
export type Fingerprints = (spec: DatasetSpec) => string | null

/** `stages` in an order that respects dependsOn. Titles, labels and node ids do not enter; parents enter by their hash. */
export function stageHashes(stages: readonly PipelineConfig[], fingerprint: Fingerprints): { [stage: string]: string } {
  const hashes: { [stage: string]: string } = {}
  for (const stage of stages) hashes[stage.id] = sha256Hex(canonicalJson(content(stage, hashes, fingerprint)))
  return hashes
}

export function planHash(hashes: { readonly [stage: string]: string }): string {
  return sha256Hex(canonicalJson({ irVersion: IR_VERSION, stages: Object.values(hashes).sort() }))
}

type Hashes = { readonly [stage: string]: string }

function content(stage: PipelineConfig, hashes: Hashes, fingerprint: Fingerprints): object {
  const rows = (spec: DatasetSpec): object => rowsOf(spec, fingerprint)
  const common = {
    irVersion: stage.irVersion,
    mode: stage.mode,
    renderer: stage.renderer,
    dataset: rows(stage.dataset),
  }
  if (stage.mode === 'evaluate') {
    const { policies, rewards, ...rest } = stage.evaluation
    return {
      ...common,
      evaluation: {
        ...rest,
        policies: policies.map(({ model, source }) => ({ model, source: sourceOf(source, hashes) })),
        rewards: rewards.map(gradingOf),
      },
    }
  }
  const training = {
    ...common,
    model: stage.model,
    start: sourceOf(stage.start, hashes),
    hyperparameters: stage.hyperparameters,
    checkpointing: stage.checkpointing.map(saveOf),
  }
  if (stage.mode === 'sft') return { ...training, sft: stage.sft, heldout: stage.heldout && rows(stage.heldout) }
  return { ...training, rl: { ...stage.rl, rewards: stage.rl.rewards.map(gradingOf) } }
}

/** The rows themselves where they are known, else the place that they come from. */
function rowsOf(spec: DatasetSpec, fingerprint: Fingerprints): object {
  const { source, mapping, node: _, ...part } = spec
  const known = fingerprint(spec)
  return known === null ? { ...part, source, mapping } : { ...part, rows: known }
}

function sourceOf(source: PolicySource, hashes: Hashes): object {
  return source.from === 'base' ? source : { ...source, stage: hashes[source.stage] ?? null }
}

function gradingOf({ weight, grader }: RewardSpec): object {
  return { weight, grader }
}

function saveOf({ name, every, ttlSeconds }: CheckpointSpec): object {
  return { name, every, ttlSeconds }
}

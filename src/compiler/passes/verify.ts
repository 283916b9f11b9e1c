/** Pass 5: invariants of the IR that the loops rely on. Built-in kinds keep them; this catches kinds that do not. */
import { canonicalJson } from '../../base/canonicalJson.ts'
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { PipelineConfig, PolicySource } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'

export type Verified = { readonly stages: readonly PipelineConfig[]; readonly diagnostics: readonly Diagnostic[] }

/** Keeps the stages that hold; `stages` come in an order in which parents stand before children. */
export function verify(stages: readonly PipelineConfig[]): Verified {
  const sound = new Map<string, PipelineConfig>()
  const diagnostics: Diagnostic[] = []
  for (const stage of stages) {
    const broken = brokenInvariant(stage, sound)
    if (broken === null) {
      sound.set(stage.id, stage)
      continue
    }
    const message = `The stage of “${stage.title}” cannot run: ${broken}.`
    diagnostics.push(compilerDiagnostic('CM3302', { on: 'node', node: stage.node }, message))
  }
  return { stages: [...sound.values()], diagnostics }
}

function brokenInvariant(stage: PipelineConfig, sound: ReadonlyMap<string, PipelineConfig>): string | null {
  if (sound.has(stage.id)) return `the stage id ${stage.id} is taken`
  if (!holdsInJson(stage)) return 'it holds a value that is not plain data'
  const sources = stage.mode === 'evaluate' ? stage.evaluation.policies.map((p) => p.source) : [stage.start]
  if (sources.length === 0) return 'it has no policy'
  for (const source of sources) {
    const broken = brokenSource(source, sound)
    if (broken !== null) return broken
  }
  const needed = sources.flatMap((source) => (source.from === 'stage' ? [source.stage] : []))
  if (needed.some((id) => !stage.dependsOn.includes(id))) return 'it does not wait for a stage whose weights it reads'
  if (stage.dependsOn.some((id) => !sound.has(id))) return 'it waits for a stage that is not there'
  const rewards = stage.mode === 'rl' ? stage.rl.rewards : stage.mode === 'evaluate' ? stage.evaluation.rewards : null
  if (rewards?.length === 0) return 'nothing grades its answers'
  return null
}

function brokenSource(source: PolicySource, sound: ReadonlyMap<string, PipelineConfig>): string | null {
  if (source.from === 'base') return null
  const parent = sound.get(source.stage)
  if (!parent || parent.mode === 'evaluate') return 'it starts from a stage that trains nothing'
  const saved = source.checkpoint === 'final' || parent.checkpointing.some((save) => save.name === source.checkpoint)
  return saved ? null : `it starts from a save “${source.checkpoint}” that nobody makes`
}

function holdsInJson(stage: PipelineConfig): boolean {
  try {
    canonicalJson(stage)
    return true
  } catch {
    return false
  }
}

/** What one stage gives the next: a training state, taken over with or without its optimizer. Sampler weights are no such thing. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Branded } from '../base/ids.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { Load } from '../ir/pipelineConfig.ts'
import type { SavedCheckpoint } from '../ir/runEvent.ts'
import { parseCheckpointPath } from '../tinker/index.ts'
import { diagnoseTraining } from './codes.ts'

/** Address of weights and optimizer; only `handOver` makes one. */
export type StatePath = Branded<'StatePath'>

export type HandOver = { readonly statePath: StatePath; readonly load: Load }

/** Refuses an address that does not name a training state, before a server is asked to load it. */
export function handOver(
  { name, statePath }: Pick<SavedCheckpoint, 'name' | 'statePath'>,
  load: Load,
  at: Diagnostic['at'],
): Result<HandOver, Diagnostic> {
  const parts = parseCheckpointPath(statePath)
  if (!parts.ok) return err(diagnoseTraining('TR5009', at, `“${name}” cannot be trained on: ${parts.error}.`))
  if (parts.value.type !== 'training') {
    const message = `“${name}” holds weights for sampling only (${statePath}); training goes on from a training state.`
    return err(diagnoseTraining('TR5009', at, message))
  }
  return ok({ statePath: statePath as StatePath, load })
}

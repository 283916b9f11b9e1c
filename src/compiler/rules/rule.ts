/** What a rule sees, and the two things it says: where, and what would mend it. */
import { shownNumber } from '../../base/shownNumber.ts'
import type { Diagnostic, Fix, Locus } from '../../base/diagnostic.ts'
import type { ContentFacts, DatasetFacts, DatasetSpec } from '../../ir/dataset.ts'
import type { RlStage, SftStage, StageEstimate, TrainStage } from '../../ir/pipelineConfig.ts'
import type { StageRows } from '../passes/stageRows.ts'
import type { KnownModel } from './lineup.ts'

/**
 * Trainers that are set alike are asked about once while there is nothing to say of them: a rule may name the stage, its saves
 * and its parent in what it says, but whether it says something follows from settings, rows, the parent's kind and settings.
 */
export type StageView<S extends TrainStage> = {
  readonly stage: S
  /** Null while rows are unknown. */
  readonly estimate: StageEstimate | null
  readonly rows: StageRows | null
  /** Of every dataset that the stage trains on. */
  readonly facts: readonly DatasetFacts[]
  /** Those of them whose text somebody has looked into. */
  readonly sets: readonly LookedInto[]
  /** The model, where it is one of the service's line-up. */
  readonly known: KnownModel | null
  /** The stage whose weights this one starts from. */
  readonly parent: TrainStage | null
}

export type LookedInto = readonly [spec: DatasetSpec, facts: DatasetFacts, content: ContentFacts]

export type SftRule = (view: StageView<SftStage>) => readonly Diagnostic[]
export type RlRule = (view: StageView<RlStage>) => readonly Diagnostic[]
/** A rule about training of either kind. */
export type TrainRule = (view: StageView<TrainStage>) => readonly Diagnostic[]

export function field(node: string, name: string): Locus {
  return { on: 'field', node, field: name }
}

export function setting(node: string, name: string, value: number | string | boolean): Fix {
  const words =
    typeof value === 'number' ? shownNumber(value) : typeof value === 'string' ? `“${value}”` : String(value)
  return { title: `Use ${words}`, command: 'node.setParams', args: { node, field: name, value } }
}

export function times(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

/** A rate as people write it, 3e-3 and not 0.003. */
export function rate(value: number): string {
  return value.toExponential()
}

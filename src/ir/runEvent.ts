/** What happened in a run, in order. The log is the run: everything shown can be rebuilt from it and the metric chunks. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { DecisionId, RunId, StageId } from '../base/ids.ts'
import type { Plan } from './pipelineConfig.ts'
import type { RerunReason } from './reuse.ts'
import type { RunSpent } from './spent.ts'

export type BackendRef = { readonly type: 'embedded' | 'tinker' | 'custom'; readonly url: string }

/** Where a stage can go on exactly: `step` optimizer steps are in the saved weights. */
export type StageCursor = { readonly step: number; readonly statePath: string }

export type SavedCheckpoint = {
  readonly stage: StageId
  readonly name: string
  readonly step: number
  /** `tinker://RUN/weights/NAME`: weights and optimizer. */
  readonly statePath: string
  /** `tinker://RUN/sampler_weights/NAME`; null for a rolling save that only serves resuming. */
  readonly samplerPath: string | null
  readonly expiresAt: number | null
  /** True for the automatic save that a later one replaces. */
  readonly rolling: boolean
  /** What the stage had measured by then; a resumed stage reports it as if it had never stopped. */
  readonly soFar?: StageSoFar
}

export type StageSoFar = {
  /** As `stageFinished` reports them. */
  readonly first: number | null
  readonly last: number | null
  /** Updates really applied; RL batches without any signal apply none. */
  readonly optimizerSteps: number
}

export type EvaluationResult = {
  readonly label: string
  /** Mean reward over rows in the reward's own units (0…1 for exact match). */
  readonly score: number
  readonly n: number
  /** 95 % interval: Wilson for 0/1 scores, normal otherwise. */
  readonly low: number
  readonly high: number
}

export type PlannedReuse = {
  readonly stage: StageId
  /** The run whose results are taken; null when the stage runs. */
  readonly from: RunId | null
  readonly reasons: readonly RerunReason[]
}

export type RunEventBody =
  | {
      readonly type: 'runStarted'
      readonly title: string
      readonly plan: Plan
      readonly backend: BackendRef
      readonly docId: string
      readonly docVersion: number
    }
  | { readonly type: 'runResumed' }
  | { readonly type: 'runPaused' }
  | { readonly type: 'runContinued' }
  | { readonly type: 'runFinished' }
  | { readonly type: 'runFailed'; readonly diagnostic: Diagnostic }
  /** `diagnostic`: what stopped it, when that was no person. */
  | { readonly type: 'runStopped'; readonly diagnostic?: Diagnostic }
  /** What earlier runs stand in for, and why the other stages run; told before the first stage. */
  | { readonly type: 'reusePlanned'; readonly stages: readonly PlannedReuse[] }
  /** An earlier run's results stand for the stage; the saves stay that run's own. */
  | {
      readonly type: 'stageReused'
      readonly stage: StageId
      readonly from: RunId
      readonly steps: number
      readonly totalSteps: number
      readonly rows: number
      readonly first: number | null
      readonly last: number | null
      readonly checkpoints: readonly SavedCheckpoint[]
      readonly evaluations: readonly EvaluationResult[]
    }
  /** A gate was closed, or what the stage starts from did not come about. */
  | { readonly type: 'stageSkipped'; readonly stage: StageId; readonly reason: string }
  | {
      readonly type: 'decided'
      readonly decision: DecisionId
      readonly outcome: string | null
      readonly value: number | null
    }
  | { readonly type: 'stageStarted'; readonly stage: StageId; readonly totalSteps: number; readonly rows: number }
  /** Steps at or after `step` recorded before are void; the stage goes on from there. */
  | { readonly type: 'stageResumed'; readonly stage: StageId; readonly step: number }
  | {
      readonly type: 'stageFinished'
      readonly stage: StageId
      readonly steps: number
      readonly first: number | null
      readonly last: number | null
    }
  | { readonly type: 'stageFailed'; readonly stage: StageId; readonly steps: number; readonly diagnostic: Diagnostic }
  | { readonly type: 'stageStopped'; readonly stage: StageId; readonly steps: number }
  | { readonly type: 'checkpointSaved'; readonly checkpoint: SavedCheckpoint }
  | { readonly type: 'checkpointDeleted'; readonly statePath: string }
  /** All that the run has used until now; told whenever something of it is on record, so that it can go on from there. */
  | { readonly type: 'spent'; readonly spent: RunSpent }
  | { readonly type: 'evaluated'; readonly stage: StageId; readonly result: EvaluationResult }
  | {
      readonly type: 'queueState'
      readonly stage: StageId | null
      readonly state: 'active' | 'paused_capacity' | 'paused_rate_limit' | 'waiting'
      readonly reason: string | null
    }
  | {
      readonly type: 'log'
      readonly stage: StageId | null
      readonly level: 'info' | 'warning' | 'error'
      readonly message: string
      /** What was noticed, where it has a code. */
      readonly diagnostic?: Diagnostic
    }

/** `seq` counts from 0 without gaps; `at` is milliseconds since the epoch. */
export type RunEvent = RunEventBody & { readonly run: RunId; readonly seq: number; readonly at: number }

/** New points of one series, steps ascending. Series names are the field's: `train/loss`, `reward/total` … */
export type MetricBatch = {
  readonly run: RunId
  readonly stage: StageId
  readonly series: string
  readonly steps: Float64Array
  readonly values: Float64Array
  /** Wall-clock milliseconds of each point. */
  readonly times: Float64Array
}

/** One sampled answer with its grading, for rollout and sample cards. */
export type RolloutRecord = {
  readonly run: RunId
  readonly stage: StageId
  readonly step: number
  /** Index of the prompt within the step, and of the sample within its group. */
  readonly group: number
  readonly sample: number
  readonly policy: string | null
  readonly prompt: string
  readonly answer: string | null
  readonly completion: string
  readonly tokens: number
  /** `stop`, `length`, or what else the server says. */
  readonly stopReason: string
  readonly reward: number
  readonly advantage: number | null
  /** By reward node id. */
  readonly components: { readonly [node: string]: number }
}

/** Messages between the page and its workers: the one file of `worker/` that the main thread may import. Types only. */
import type { Diagnostic } from '../src/base/diagnostic.ts'
import type { RunId, StageId } from '../src/base/ids.ts'
import type { DatasetFacts, DatasetRequest, ModelFacts } from '../src/ir/dataset.ts'
import type { ProbeRequest, RewardProbe } from '#src/ir/rewardProbe.ts'
import type { Budget } from '../src/ir/budget.ts'
import type { Plan, StageEstimate } from '../src/ir/pipelineConfig.ts'
import type { Range } from '../src/ir/planCost.ts'
import type { PriceTable } from '../src/ir/prices.ts'
import type { RerunReason } from '../src/ir/reuse.ts'
import type { BackendRef, EvaluationResult, MetricBatch, RolloutRecord, RunEvent } from '../src/ir/runEvent.ts'

/** Where requests go. The key travels here once and stays in the worker's memory. */
export type BackendSettings = {
  readonly ref: BackendRef
  /** Absent = keep what the worker has (or has unlocked) for this address. */
  readonly key?: string
}

export type ConnectionReport =
  | { readonly ok: true; readonly models: readonly ModelFacts[]; readonly latencyMs: number }
  | { readonly ok: false; readonly diagnostic: Diagnostic }

export type StartRun = {
  readonly run: RunId
  readonly plan: Plan
  readonly docId: string
  readonly docVersion: number
  readonly title: string
  /** Text of the document's assets that the plan needs, by id. */
  readonly assets: { readonly [asset: string]: string }
  /** Stages that run whatever earlier runs left. */
  readonly asked?: readonly StageId[]
  /** Nothing of earlier runs is used. */
  readonly fresh?: boolean
  readonly limits?: RunLimits
}

/** What a run may cost at most, and the prices by which that is reckoned; without them, those that ship. */
export type RunLimits = { readonly budget: Budget; readonly prices?: PriceTable }

export type ReviewRequest = {
  readonly plan: Plan
  /** False for a part of the document's plan: what it leaves out is not gone. */
  readonly whole: boolean
  readonly docId: string
  readonly asked: readonly StageId[]
  /**
   * Whether a server over the network is asked which saves still live: `now` anew, `recent` where a few requests do and
   * with what it said a minute ago, `never` while nobody has connected to it. The embedded one always is.
   */
  readonly live: 'now' | 'recent' | 'never'
}

export type PlanReview = {
  /** In the order of the plan. */
  readonly stages: readonly ReviewedStage[]
  /** The document's newest run on this server; `gone` are titles of stages that it had and the plan has not. */
  readonly last: { readonly run: RunId; readonly startedAt: number; readonly gone: readonly string[] } | null
  /** Seconds per step and per unit of work, by `paceKeys`. */
  readonly paces: readonly (readonly [string, Range])[]
  /** Whether the server was asked for every save that is taken over; else they are only taken to live. */
  readonly verified: boolean
  /** Why nobody could see which saves still live; until then they are taken to. */
  readonly problem: Diagnostic | null
}

export type ReviewedStage = {
  readonly stage: StageId
  /** The run whose results stand for it; null when it runs. */
  readonly from: RunId | null
  readonly reasons: readonly RerunReason[]
  /** What is taken over, else what the document's own stage gave when it ran last. */
  readonly before: StageRecord | null
}

/** A result that a run has left. */
export type StageRecord = {
  readonly run: RunId
  readonly key: string
  readonly endedAt: number
  /** Null when that run had taken it over, too. */
  readonly seconds: number | null
  readonly steps: number
  readonly rows: number
  readonly first: number | null
  readonly last: number | null
  readonly evaluations: readonly EvaluationResult[]
  readonly estimate: StageEstimate | null
}

export type ChatRequest = {
  readonly id: string
  /** `tinker://…/sampler_weights/…`, or null for the base model. */
  readonly policy: string | null
  readonly model: string
  readonly renderer: string
  readonly messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[]
  readonly temperature: number
  readonly topP: number
  readonly maxTokens: number
  readonly seed: number | null
}

export type ChatAnswer =
  | {
      readonly ok: true
      readonly content: string
      readonly tokens: number
      readonly ms: number
      readonly stopReason: string
    }
  | { readonly ok: false; readonly diagnostic: Diagnostic }

/** What the run worker offers over comlink. Every method settles; failures are values. */
export type RunHost = {
  connect(settings: BackendSettings): Promise<ConnectionReport>
  /** Stores the key encrypted by the passphrase (PBKDF2 + AES-GCM), or forgets it. */
  rememberKey(url: string, passphrase: string): Promise<Diagnostic | null>
  unlockKey(url: string, passphrase: string): Promise<Diagnostic | null>
  forgetKey(url: string): Promise<void>
  start(request: StartRun): Promise<Diagnostic | null>
  /** Goes on with a run whose log says unfinished; refuses when another tab holds it. */
  resume(run: RunId, limits?: RunLimits): Promise<Diagnostic | null>
  pause(run: RunId): Promise<void>
  continue(run: RunId): Promise<void>
  /** Resolves when the run has ended; one that was cut off is marked as stopped. */
  stop(run: RunId): Promise<void>
  /** Deletes what the run has saved on the embedded backend; what a real server keeps is the person's to delete. */
  dropCheckpoints(run: RunId): Promise<Diagnostic | null>
  chat(request: ChatRequest): Promise<ChatAnswer>
  cancelChat(id: string): Promise<void>
  datasetFacts(request: DatasetRequest, assetText: string | null, models: readonly string[]): Promise<DatasetFacts>
  /** First mapped rows and what was wrong with others, for the preview. */
  previewRows(request: DatasetRequest, assetText: string | null, limit: number): Promise<RowPreview>
  /** What the rewards give to answers whose worth is known; null when there is nothing to look at. */
  probeRewards(request: ProbeRequest, assetText: string | null): Promise<RewardProbe | null>
  /** What the plan would do here and why; null when history cannot be read. */
  reviewPlan(request: ReviewRequest): Promise<PlanReview | null>
}

export type RowPreview = {
  readonly columns: readonly string[]
  readonly raw: readonly { readonly line: number; readonly values: { readonly [column: string]: string } }[]
  readonly mapped: readonly {
    readonly line: number
    readonly messages: readonly { role: string; content: string }[]
    readonly answer: string | null
  }[]
  readonly diagnostics: readonly Diagnostic[]
}

/** What the run worker posts on the metrics port, batched to at most 10 messages a second; arrays are transferred. */
export type RunFeed =
  | { readonly type: 'events'; readonly events: readonly RunEvent[] }
  | { readonly type: 'metrics'; readonly batches: readonly MetricBatch[] }
  | { readonly type: 'rollouts'; readonly rollouts: readonly RolloutRecord[] }
  /** Storage refuses what the run records; it goes on, and the writes are tried again. */
  | { readonly type: 'trouble'; readonly run: RunId; readonly diagnostic: Diagnostic }
  /** The worker has let go of a run: it ended, or `cause` cut it off without an event in its log. */
  | { readonly type: 'released'; readonly run: RunId; readonly cause: Diagnostic | null }

/** What the page knows and a worker cannot find out. */
export type WorkerEnvironment = {
  /** Address of the page, e.g. `http://127.0.0.1:4173`. */
  readonly origin: string
  /** Path prefix of the same-origin relay when the page is served by `npm start`, e.g. `/relay`; null elsewhere. */
  readonly relay: string | null
}

/** Everything the run worker exposes: the host, and the one call that connects it. */
export type RunWorker = RunHost & {
  wire(wiring: {
    readonly environment: WorkerEnvironment
    /** Carries `RunFeed` to the page. */
    readonly feed: MessagePort
    /** Speaks `PortMessage` with the backend worker. */
    readonly backend: MessagePort
  }): Promise<void>
}

/** Trouble for practice, seeded; what is absent is off. The shape of the backend's `Behaviour`. */
export type Trouble = {
  /** Mean extra milliseconds of every request. */
  readonly latencyMs?: number
  /** Share of requests that fail, 0 to 1. */
  readonly failRate?: number
  /** Share of operations that are accepted and then fail, 0 to 1. */
  readonly operationFailRate?: number
  /** Submissions per second; more are refused. */
  readonly rateLimit?: number
  /** Mean milliseconds of pauses of the queue. */
  readonly queuePauseMs?: number
  readonly seed?: number
}

/** The files of a LoRA adapter as PEFT saves it; `name` becomes that of its checkpoints. */
export type AdapterUpload = { readonly name: string; readonly files: { readonly [file: string]: Uint8Array } }

export type AdapterReport =
  /** Paths of the checkpoints: to train on, and to sample from. */
  | { readonly ok: true; readonly training: string; readonly sampler: string; readonly baseModel: string }
  | { readonly ok: false; readonly diagnostic: Diagnostic }

/** Messages to the backend worker. After `serve`, `port` carries requests and responses (`portFetch.ts`). */
export type BackendWorkerMessage =
  | { readonly type: 'serve'; readonly port: MessagePort }
  | { readonly type: 'trouble'; readonly trouble: Trouble }
  /** Answered by one `AdapterReport` over `port`. */
  | { readonly type: 'import'; readonly adapter: AdapterUpload; readonly port: MessagePort }
  /** Deletes checkpoints by their `tinker://` paths. */
  | { readonly type: 'drop'; readonly paths: readonly string[] }

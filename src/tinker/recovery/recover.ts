/** Rebuilds a lost model from its last saved state, in a new session where the old one is gone too. */
import { sleep } from '../transport/abort.ts'
import { Slots } from '../transport/limits.ts'
import { failureOf, TinkerError } from '../failure.ts'
import { withModel, withoutSave } from './journal.ts'
import { DEFAULT_POLICY, recoveryWaitMs } from './policy.ts'
import type { Failure } from '../failure.ts'
import type { ServiceClient } from '../serviceClient.ts'
import type { TrainingClient } from '../trainingClient.ts'
import type { RunJournal, SavedState } from './journal.ts'
import type { RecoveryPolicy } from './policy.ts'

export type RecoveryEvent =
  | { readonly type: 'detected'; readonly cause: Failure | undefined }
  | { readonly type: 'started'; readonly attempt: number }
  /** Without a save the model is made anew by its recipe. */
  | { readonly type: 'checkpoint_selected'; readonly save: SavedState | undefined }
  | { readonly type: 'client_created'; readonly modelId: string }
  | { readonly type: 'completed'; readonly step: number }
  | { readonly type: 'failed'; readonly attempt: number; readonly failure: Failure }
  | { readonly type: 'exhausted'; readonly attempts: number }
  | { readonly type: 'poll_error'; readonly failure: Failure }

export type RecoveryOptions = {
  readonly policy?: Partial<RecoveryPolicy>
  /** Higher is better; needed by the strategy `best`. Undefined: not to be chosen. */
  readonly score?: (save: SavedState) => number | undefined
  readonly onEvent?: (event: RecoveryEvent) => void
  readonly signal?: AbortSignal
}

export type Recovered = { readonly training: TrainingClient; readonly journal: RunJournal }

/**
 * True when the model that a journal describes is not there any more, or not in a state that is known: its session or
 * itself is gone, or a result was lost and nobody can say whether its step was taken.
 */
export function isLostModel(failure: Failure): boolean {
  return failure.kind === 'expired' || (failure.kind === 'notFound' && failure.status === 404)
}

/**
 * A model as it was at the step of the chosen save; the journal goes back to that step. Steps after it are to be taken
 * again: with the same data they are the same steps. Saves that the server has lost are passed over for older ones.
 * Rejects with the TinkerError of the last attempt.
 */
export async function recover(
  service: ServiceClient,
  journal: RunJournal,
  options: RecoveryOptions = {},
): Promise<Recovered> {
  const policy = { ...DEFAULT_POLICY, ...options.policy }
  const tell = options.onEvent ?? (() => undefined)
  const signal = options.signal ?? new AbortController().signal
  let remaining = journal
  for (let attempt = 1; ; attempt++) {
    tell({ type: 'started', attempt })
    const save = chosenSave(remaining, policy, options.score)
    tell({ type: 'checkpoint_selected', save })
    try {
      const training = await rebuild(service, journal, save, policy, signal)
      tell({ type: 'client_created', modelId: training.modelId })
      const step = save?.step ?? 0
      tell({ type: 'completed', step })
      const rebuilt = { ...withModel(remaining, training.modelId), step, recoveries: journal.recoveries + 1 }
      return { training, journal: rebuilt }
    } catch (error) {
      const failure = failureOf(error)
      if (failure === undefined || failure.kind === 'aborted') throw error
      tell({ type: 'failed', attempt, failure })
      if (attempt >= policy.maxAttempts) {
        tell({ type: 'exhausted', attempts: attempt })
        throw error
      }
      const gone = failure.kind === 'notFound' || failure.kind === 'expired'
      if (gone && save !== undefined) remaining = withoutSave(remaining, save.path)
      else if (!(await sleep(recoveryWaitMs(attempt, policy), signal))) throw cancelled()
    }
  }
}

/** Rebuilds at most so many models at a time: after the restart of a server all runs come at once. */
export class RecoveryExecutor {
  readonly #slots: Slots

  constructor(concurrency: number) {
    this.#slots = new Slots(concurrency)
  }

  async recover(service: ServiceClient, journal: RunJournal, options: RecoveryOptions = {}): Promise<Recovered> {
    const signal = options.signal ?? new AbortController().signal
    if (!(await this.#slots.acquire(signal))) throw cancelled()
    try {
      return await recover(service, journal, options)
    } finally {
      this.#slots.release()
    }
  }
}

/** Undefined when there is none to go on from. */
export function chosenSave(
  { saves }: RunJournal,
  { strategy }: Pick<RecoveryPolicy, 'strategy'>,
  score?: RecoveryOptions['score'],
): SavedState | undefined {
  if (typeof strategy === 'object') return saves.find(({ path }) => path === strategy.path)
  if (strategy === 'latest') return saves.at(-1)
  const scored = saves.flatMap((save) => {
    const value = score?.(save)
    return value === undefined || Number.isNaN(value) ? [] : [{ save, value }]
  })
  return scored.sort((a, b) => a.value - b.value).at(-1)?.save ?? saves.at(-1)
}

async function rebuild(
  service: ServiceClient,
  { recipe }: RunJournal,
  save: SavedState | undefined,
  { restoreOptimizer }: RecoveryPolicy,
  signal: AbortSignal,
): Promise<TrainingClient> {
  if (save === undefined) return service.createLoraTrainingClient({ ...recipe, signal })
  const { baseModel, rank, seed, userMetadata } = recipe
  return service.createTrainingClientFromState(save.path, {
    withOptimizer: restoreOptimizer,
    baseModel,
    ...(rank === undefined ? {} : { rank }),
    ...(seed === undefined ? {} : { seed }),
    ...(userMetadata === undefined ? {} : { userMetadata }),
    signal,
  })
}

function cancelled(): TinkerError {
  return new TinkerError({ kind: 'aborted', by: 'caller', message: 'the recovery was cancelled' })
}

/** Watches runs on the server and says when one is corrupted or gone. */
import { linkAbort, sleep } from '../transport/abort.ts'
import { failureOf } from '../failure.ts'
import { isLostModel } from './recover.ts'
import { DEFAULT_POLICY } from './policy.ts'
import type { Failure } from '../failure.ts'
import type { RestClient } from '../restClient.ts'
import type { RecoveryEvent } from './recover.ts'
import type { RecoveryPolicy } from './policy.ts'

export type Watch = {
  readonly onEvent?: (event: RecoveryEvent) => void
  /** Called once, with the failure where the server does not know the run any more. The watch ends with it. */
  readonly onLost: (cause: Failure | undefined) => void
  readonly signal?: AbortSignal
}

export class RecoveryMonitor {
  readonly #rest: RestClient
  readonly #policy: RecoveryPolicy

  constructor(rest: RestClient, policy: Partial<RecoveryPolicy> = {}) {
    this.#rest = rest
    this.#policy = { ...DEFAULT_POLICY, ...policy }
  }

  /** Looks at once and then every `pollMs`; returns the way to stop. Does nothing when the policy is off. */
  watch(runId: string, watch: Watch): () => void {
    const link = linkAbort(watch.signal)
    if (this.#policy.enabled) void this.#run(runId, watch, link.signal).finally(() => link.release())
    return () => {
      link.abort()
      link.release()
    }
  }

  async #run(runId: string, { onEvent, onLost }: Watch, signal: AbortSignal): Promise<void> {
    do {
      const lost = await this.#look(runId, signal)
      if (signal.aborted) return
      if (lost.is === 'unknown') onEvent?.({ type: 'poll_error', failure: lost.failure })
      if (lost.is !== 'lost') continue
      onEvent?.({ type: 'detected', cause: lost.cause })
      return onLost(lost.cause)
    } while (await sleep(this.#policy.pollMs, signal))
  }

  async #look(runId: string, signal: AbortSignal): Promise<Look> {
    try {
      const { corrupted } = await this.#rest.getTrainingRun(runId, signal)
      return corrupted ? { is: 'lost', cause: undefined } : { is: 'well' }
    } catch (error) {
      const failure = failureOf(error)
      if (failure === undefined) throw error
      return isLostModel(failure) ? { is: 'lost', cause: failure } : { is: 'unknown', failure }
    }
  }
}

type Look =
  | { readonly is: 'well' }
  | { readonly is: 'lost'; readonly cause: Failure | undefined }
  | { readonly is: 'unknown'; readonly failure: Failure }

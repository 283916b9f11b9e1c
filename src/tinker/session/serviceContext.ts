/** What all clients of one service share once the handshake is done. */
import { ByteBudget, Slots } from '../transport/limits.ts'
import { SampleDispatch } from '../transport/sampleDispatch.ts'
import { gateFor } from '../transport/pauseGate.ts'
import { defaultPollLimit } from '../config.ts'
import { defaultReason } from './queueState.ts'
import type { ServiceConfig } from '../config.ts'
import type { pollHeaders } from '../transport/pollStatistics.ts'
import type { ProgressWatch } from '../transport/progressWatch.ts'
import type { Connection, ServerProfile } from '../transport/connection.ts'
import type { Session } from './session.ts'
import type { QueueState } from '../wire/futureAnswer.ts'

export type ServiceContext = {
  readonly connection: Connection
  readonly session: Session
  readonly profile: ServerProfile
  /** Results asked for at the same time. */
  readonly polls: Slots
  /** Bytes of announced results that may be on their way at once. */
  readonly responseBudget: ByteBudget
  readonly dispatch: SampleDispatch
  /** Notices when no sample finishes any more; undefined where it could not be loaded. */
  readonly progress: Promise<ProgressWatch | undefined>
  /** What is told the server with each poll, where the configuration or the platform lets it. */
  readonly pollHeaders: typeof pollHeaders | undefined
  /** Estimated bytes of forward-backward bodies that may be without an answer at once. */
  readonly trainingBudget: ByteBudget
  /** Chunks of one pass may be submitted side by side. Servers that say nothing of themselves may not order them. */
  readonly parallelChunks: boolean
  /** Ask for results as JSON only. */
  readonly jsonOnly: boolean
  readonly bodies: BodyFormat
  readonly billingPauseMs: number
  onQueueState(state: QueueState, reason: string | null, operation: string): void
}

/** How forward-backward bodies travel; settled by the first one that the server accepts. */
export type BodyFormat = { settled: 'json' | 'protobuf' | undefined; readonly mayChange: boolean }

export function makeContext(
  config: ServiceConfig,
  connection: Connection,
  session: Session,
  profile: ServerProfile,
  statistics: typeof pollHeaders | undefined,
): ServiceContext {
  const { flags } = profile
  const wire = config.wire ?? 'auto'
  return {
    connection,
    session,
    profile,
    polls: new Slots(config.maxConcurrentPolls ?? defaultPollLimit(config)),
    responseBudget: new ByteBudget(flags.inflight_response_bytes_semaphore_size),
    dispatch: new SampleDispatch({
      inFlight: flags.sample_max_concurrent_requests,
      dispatchBytes: flags.sample_dispatch_bytes_semaphore_size,
      pauseMs: connection.tuning.backpressureMs,
      gate: gateFor(config, connection.signal),
    }),
    progress: watchOf(connection, flags.sample_enable_stuck_detection),
    pollHeaders: statistics,
    trainingBudget: new ByteBudget(flags.fwdbwd_dispatch_bytes_semaphore_size),
    parallelChunks: !profile.legacy && flags.parallel_fwdbwd_chunks,
    jsonOnly: wire === 'json',
    bodies: { settled: wire === 'auto' ? knownFormat(profile) : wire, mayChange: wire === 'auto' },
    billingPauseMs: flags.billing_exception_max_pause_duration_sec * 1000,
    onQueueState(state, reason, operation) {
      if (state === 'active') return
      const event = { state, reason: reason ?? defaultReason(state, operation), operation }
      config.onQueueState?.(event)
      connection.events.emit({ type: 'queue', ...event })
    },
  }
}

/** Loaded beside the first work: hours pass before it is needed. */
async function watchOf(connection: Connection, detects: boolean): Promise<ProgressWatch | undefined> {
  const loaded = await import('../transport/progressWatch.ts').catch(() => undefined)
  return (
    loaded &&
    new loaded.ProgressWatch({
      timeoutMs: detects ? connection.tuning.progressTimeoutMs : Infinity,
      tell: (state) => connection.events.emit({ type: 'sampling', ...state }),
    })
  )
}

function knownFormat({ legacy, flags }: ServerProfile): BodyFormat['settled'] {
  if (legacy) return 'json'
  return flags.proto_write_fwdbwd === true ? 'protobuf' : undefined
}

/** Makes a model on the server, with a fresh adapter. */
import { err, ok } from '../../base/result.ts'
import { failureOf, TinkerError } from '../failure.ts'
import { startFuture } from '../future.ts'
import { pollResult } from '../poll.ts'
import { readers } from '../readers.ts'
import { submitJson } from '../submit.ts'
import { TrainingClient } from '../trainingClient.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'
import type { ResultReader } from '../poll.ts'
import type { ServiceContext } from '../session/serviceContext.ts'

export type LoraOptions = {
  readonly baseModel: string
  /** Default 32. */
  readonly rank?: number
  /** Of the adapter's initial values. */
  readonly seed?: number
  /** Which layers get an adapter; default all, at least one must. */
  readonly trainMlp?: boolean
  readonly trainAttn?: boolean
  readonly trainUnembed?: boolean
  readonly userMetadata?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Rejects with a {@link TinkerError}. */
export async function createModel(context: ServiceContext, options: LoraOptions): Promise<TrainingClient> {
  const { baseModel, rank = 32, seed, userMetadata, signal } = options
  const { trainMlp = true, trainAttn = true, trainUnembed = true } = options
  if (!trainMlp && !trainAttn && !trainUnembed)
    throw new TinkerError({ kind: 'rejected', message: 'at least one of mlp, attn and unembed must be trained' })
  const lora = { rank, seed, train_unembed: trainUnembed, train_mlp: trainMlp, train_attn: trainAttn }
  const created = await context.session.within((sessionId) => {
    const body = {
      session_id: sessionId,
      // Taken in the order of the calls and never again, whether or not the server saw it.
      model_seq_id: context.session.nextModel(),
      base_model: baseModel,
      user_metadata: userMetadata,
      lora_config: lora,
      type: 'create_model',
    }
    return run(context, readers.createModel, body, signal)
  })
  return new TrainingClient(context, valueOf(created))
}

/** An operation before there is a model, so outside any order. */
export async function run<T>(
  context: ServiceContext,
  reader: ResultReader<T>,
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): Promise<Result<T, Failure>> {
  const future = startFuture<T>(
    async (own, report) => {
      const handle = await submitJson(context, { operation: reader.operation, body, signal: own })
      if (!handle.ok) return handle
      report.accepted(handle.value)
      return pollResult(context, handle.value, reader, own, report)
    },
    context.connection.signal,
    withSignal(signal),
  )
  try {
    return ok(await future.result())
  } catch (error) {
    const failure = failureOf(error)
    if (failure === undefined) throw error
    return err(failure)
  }
}

export function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

export function valueOf<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new TinkerError(result.error)
  return result.value
}

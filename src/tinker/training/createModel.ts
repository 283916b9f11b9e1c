/** Makes a model on the server: with a fresh adapter, or from saved training state. */
import { err, ok } from '../../base/result.ts'
import { Connection } from '../transport/connection.ts'
import { linkAbort } from '../transport/abort.ts'
import { failureOf, TinkerError } from '../failure.ts'
import { startFuture } from '../future.ts'
import { pollResult } from '../poll.ts'
import { readers } from '../readers.ts'
import { fetchWeightsInfo } from '../rest/weightsInfo.ts'
import { submitJson } from '../submit.ts'
import { TrainingClient } from '../trainingClient.ts'
import type { Result } from '../../base/result.ts'
import type { ServiceConfig } from '../config.ts'
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

export type FromStateOptions = {
  /** False starts with a fresh optimizer, as a new stage should. */
  readonly withOptimizer: boolean
  /** For servers that cannot tell what a checkpoint was trained from. */
  readonly baseModel?: string
  readonly rank?: number
  readonly seed?: number
  readonly userMetadata?: Readonly<Record<string, string>>
  /** Credential of another account whose checkpoint this is. */
  readonly weightsAccessToken?: string
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

/** Rejects with a {@link TinkerError}. `config` is that of the service, for the look into another account. */
export async function createModelFromState(
  context: ServiceContext,
  config: ServiceConfig,
  path: string,
  options: FromStateOptions,
): Promise<TrainingClient> {
  const { withOptimizer, weightsAccessToken, signal } = options
  if (context.profile.flags.create_model_via_load_weights) return createByLoading(context, path, options)
  const info = await weightsInfo(context.connection, config, path, options)
  const client = await createModel(context, { ...info, ...userOptions(options) })
  const load = { ...(weightsAccessToken === undefined ? {} : { weightsAccessToken }), ...withSignal(signal) }
  const future = withOptimizer ? client.loadStateWithOptimizer(path, load) : client.loadState(path, load)
  await future.result()
  return client
}

/** One request both creates and loads; the server then names the model by session and number. */
async function createByLoading(
  context: ServiceContext,
  path: string,
  options: FromStateOptions,
): Promise<TrainingClient> {
  const created = await context.session.within(async (sessionId) => {
    const number = context.session.nextModel()
    const body = {
      session_id: sessionId,
      model_seq_id: number,
      base_model: options.baseModel,
      user_metadata: options.userMetadata,
      path,
      optimizer: options.withOptimizer,
      weights_access_token: options.weightsAccessToken,
      type: 'load_weights',
    }
    const loaded = await run(context, readers.loadWeights(path), body, options.signal)
    return loaded.ok ? ok(`${sessionId}:train:${number}`) : loaded
  })
  return new TrainingClient(context, valueOf(created))
}

/** An operation before there is a model, so outside any order. */
async function run<T>(
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

/** Base model, rank and layers of a checkpoint; what the caller gave stands in where the server cannot say. */
async function weightsInfo(
  connection: Connection,
  config: ServiceConfig,
  path: string,
  { baseModel, rank, signal, weightsAccessToken }: FromStateOptions,
): Promise<Omit<LoraOptions, 'signal'>> {
  const info =
    weightsAccessToken === undefined
      ? await fetchWeightsInfo(connection, path, signal)
      : await asOwner(config, weightsAccessToken, connection.signal, (theirs) => fetchWeightsInfo(theirs, path, signal))
  if (info.ok && info.value.isLora) {
    const { loraRank, isLora: _isLora, ...rest } = info.value
    return { ...rest, ...(loraRank === undefined ? {} : { rank: loraRank }) }
  }
  const failure: Failure = info.ok
    ? { kind: 'rejected', message: `${path} is not a LoRA checkpoint`, request: 'POST weights_info' }
    : info.error
  if (baseModel === undefined || failure.kind !== 'unsupported') throw new TinkerError(failure)
  return { baseModel, ...(rank === undefined ? {} : { rank }) }
}

/** A line of its own under the credential of another account. */
async function asOwner<T>(
  { getCredential: _mine, ...config }: ServiceConfig,
  token: string,
  signal: AbortSignal,
  ask: (connection: Connection) => Promise<T>,
): Promise<T> {
  const link = linkAbort(signal)
  const connection = new Connection({ ...config, apiKey: token, signal: link.signal })
  try {
    return await ask(connection)
  } finally {
    connection.close()
    link.release()
  }
}

/** Base model and rank are the checkpoint's: an adapter of another shape could not be loaded. */
function userOptions({ seed, userMetadata, signal }: FromStateOptions): Omit<LoraOptions, 'baseModel'> {
  return {
    ...(seed === undefined ? {} : { seed }),
    ...(userMetadata === undefined ? {} : { userMetadata }),
    ...withSignal(signal),
  }
}

function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function valueOf<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new TinkerError(result.error)
  return result.value
}

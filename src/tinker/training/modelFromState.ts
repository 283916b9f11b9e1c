/** Makes a model on the server that goes on from saved training state. Loaded when one is asked for. */
import { ok } from '../../base/result.ts'
import { createModel, run, valueOf, withSignal } from './createModel.ts'
import { TinkerError } from '../failure.ts'
import { readers } from '../readers.ts'
import { fetchWeightsInfo } from '../rest/weightsInfo.ts'
import { TrainingClient } from '../trainingClient.ts'
import { linkAbort } from '../transport/abort.ts'
import { Connection } from '../transport/connection.ts'
import type { ServiceConfig } from '../config.ts'
import type { Failure } from '../failure.ts'
import type { ServiceContext } from '../session/serviceContext.ts'
import type { LoraOptions } from './createModel.ts'

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

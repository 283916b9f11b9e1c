/** Runs, checkpoints and sessions as the server lists them. Plain requests, no session; all methods reject with a TinkerError. */
import { readJson } from './transport/answers.ts'
import { TinkerError } from './errors.ts'
import { checkpointRoute, parseCheckpointPath, pathSegments } from './wire/checkpointPath.ts'
import { queryString } from './wire/queryString.ts'
import { archiveUrlResponse, checkpointsResponse, samplerResponse, sessionResponse } from './wire/responses.ts'
import { sessionsResponse, trainingRunRecord, trainingRunsResponse, weightsInfoResponse } from './wire/responses.ts'
import type { Result } from '../base/result.ts'
import type { Call, Connection } from './transport/connection.ts'
import type { Failure } from './errors.ts'
import type { CheckpointPath } from './wire/checkpointPath.ts'
import type { CheckpointRecord, SessionResponse, TrainingRunRecord, WeightsInfoResponse } from './wire/responses.ts'
import type { Shape } from './wire/shape.ts'

export type Page = { readonly limit?: number; readonly offset?: number }
export type Paged<T> = { readonly items: readonly T[]; readonly total: number }

export type CheckpointSummary = {
  /** `weights/0001` or `sampler_weights/final`. */
  readonly checkpointId: string
  readonly type: 'training' | 'sampler'
  readonly path: string
  /** RFC 3339. */
  readonly time: string
  readonly sizeBytes: number | undefined
  readonly public: boolean
  /** RFC 3339; undefined when kept for ever. */
  readonly expiresAt: string | undefined
}

export type TrainingRunSummary = {
  readonly runId: string
  readonly baseModel: string
  readonly loraRank: number | undefined
  /** RFC 3339. */
  readonly lastRequestTime: string | undefined
  readonly corrupted: boolean
  readonly lastCheckpoint: CheckpointSummary | undefined
  readonly lastSamplerCheckpoint: CheckpointSummary | undefined
  readonly userMetadata: Readonly<Record<string, string>>
}

export type WeightsInfo = {
  readonly baseModel: string
  readonly isLora: boolean
  readonly loraRank: number | undefined
  readonly trainMlp: boolean
  readonly trainAttn: boolean
  readonly trainUnembed: boolean
}

/** `expires`: RFC 3339 or an HTTP date; undefined when an answer in JSON names none. */
export type ArchiveUrl = { readonly url: string; readonly expires: string | undefined }

/** Of a redirect that names no end. Source: protocol reference §2.9. */
const ARCHIVE_LIFETIME_MS = 15 * 60_000

export class RestClient {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async listTrainingRuns(
    { limit = 20, offset = 0 }: Page = {},
    signal?: AbortSignal,
  ): Promise<Paged<TrainingRunSummary>> {
    const query = queryString({ limit, offset, access_scope: 'owned' })
    const body = await this.#get('GET training_runs', `training_runs?${query}`, trainingRunsResponse, signal)
    return { items: body.training_runs.map(runOf), total: body.cursor?.total_count ?? body.training_runs.length }
  }

  async getTrainingRun(runId: string, signal?: AbortSignal): Promise<TrainingRunSummary> {
    const path = `training_runs/${pathSegments(runId)}`
    return runOf(await this.#get('GET training_runs/{id}', path, trainingRunRecord, signal))
  }

  /** Checkpoints of one run. */
  async listCheckpoints(runId: string, signal?: AbortSignal): Promise<readonly CheckpointSummary[]> {
    const path = `training_runs/${pathSegments(runId)}/checkpoints`
    const body = await this.#get('GET training_runs/{id}/checkpoints', path, checkpointsResponse, signal)
    return body.checkpoints.map(checkpointOf)
  }

  /** Checkpoints of all runs, newest first. */
  async listUserCheckpoints(
    { limit = 100, offset = 0 }: Page = {},
    signal?: AbortSignal,
  ): Promise<Paged<CheckpointSummary>> {
    const path = `checkpoints?${queryString({ limit, offset })}`
    const body = await this.#get('GET checkpoints', path, checkpointsResponse, signal)
    return { items: body.checkpoints.map(checkpointOf), total: body.cursor?.total_count ?? body.checkpoints.length }
  }

  deleteCheckpoint(path: string, signal?: AbortSignal): Promise<void> {
    return this.#change('DELETE checkpoint', 'DELETE', path, undefined, signal)
  }

  publishCheckpoint(path: string, signal?: AbortSignal): Promise<void> {
    return this.#change('POST publish', 'POST', path, 'publish', signal)
  }

  unpublishCheckpoint(path: string, signal?: AbortSignal): Promise<void> {
    return this.#change('DELETE publish', 'DELETE', path, 'publish', signal)
  }

  /** `null` keeps the checkpoint for ever. */
  setCheckpointTtl(path: string, ttlSeconds: number | null, signal?: AbortSignal): Promise<void> {
    return this.#change('PUT ttl', 'PUT', path, 'ttl', signal, { ttl_seconds: ttlSeconds })
  }

  /**
   * Where the archive can be downloaded. Servers answer with the address, or by redirecting to it, which a page may not
   * read: then the failure is `unsupported`.
   */
  async checkpointArchiveUrl(path: string, signal?: AbortSignal): Promise<ArchiveUrl> {
    const call: Call = {
      request: 'GET archive',
      method: 'GET',
      path: below(checkpointRoute(partsOf(path), 'archive')),
      showRedirects: true,
      ...withSignal(signal),
    }
    const answer = valueOf(await this.#connection.request(call))
    if (answer.status >= 200 && answer.status <= 299) {
      const body = valueOf(readJson(answer, archiveUrlResponse, call))
      return { url: body.url, expires: body.expires }
    }
    const url = answer.headers.get('location')
    if (url === null) {
      const message = 'the server redirects to the archive, and the address cannot be read here'
      throw new TinkerError({ kind: 'unsupported', message, request: call.request, status: answer.status })
    }
    const expires = answer.headers.get('expires')
    return { url, expires: expires ?? new Date(Date.now() + ARCHIVE_LIFETIME_MS).toISOString() }
  }

  async weightsInfo(path: string, signal?: AbortSignal): Promise<WeightsInfo> {
    return fetchWeightsInfo(this.#connection, path, signal).then(valueOf)
  }

  async listSessions({ limit = 20, offset = 0 }: Page = {}, signal?: AbortSignal): Promise<readonly string[]> {
    const path = `sessions?${queryString({ limit, offset, access_scope: 'owned' })}`
    return (await this.#get('GET sessions', path, sessionsResponse, signal)).sessions
  }

  async getSession(
    sessionId: string,
    signal?: AbortSignal,
  ): Promise<{ runIds: readonly string[]; samplerIds: readonly string[] }> {
    const path = `sessions/${pathSegments(sessionId)}`
    const body: SessionResponse = await this.#get('GET sessions/{id}', path, sessionResponse, signal)
    return { runIds: body.training_run_ids, samplerIds: body.sampler_ids }
  }

  async getSampler(
    samplerId: string,
    signal?: AbortSignal,
  ): Promise<{ baseModel: string; modelPath: string | undefined }> {
    const body = await this.#get('GET samplers/{id}', `samplers/${pathSegments(samplerId)}`, samplerResponse, signal)
    return { baseModel: body.base_model, modelPath: body.model_path }
  }

  async #get<T>(request: string, path: string, shape: Shape<T>, signal: AbortSignal | undefined): Promise<T> {
    return valueOf(await this.#connection.requestJson({ request, method: 'GET', path, ...withSignal(signal) }, shape))
  }

  async #change(
    request: string,
    method: Call['method'],
    path: string,
    action: 'publish' | 'ttl' | undefined,
    signal: AbortSignal | undefined,
    json?: unknown,
  ): Promise<void> {
    const call: Call = { request, method, path: below(checkpointRoute(partsOf(path), action)), ignoreBody: true }
    valueOf(await this.#connection.request({ ...call, ...(json === undefined ? {} : { json }), ...withSignal(signal) }))
  }
}

/** What a checkpoint was trained from. Separate from the class because a service client asks it without throwing. */
export async function fetchWeightsInfo(
  connection: Connection,
  path: string,
  signal?: AbortSignal,
): Promise<Result<WeightsInfo, Failure>> {
  const info = await connection.requestJson<WeightsInfoResponse>(
    {
      request: 'POST weights_info',
      method: 'POST',
      path: 'weights_info',
      json: { tinker_path: path },
      ...withSignal(signal),
    },
    weightsInfoResponse,
  )
  if (!info.ok) return info
  const { value } = info
  return {
    ok: true,
    value: {
      baseModel: value.base_model,
      isLora: value.is_lora,
      loraRank: value.lora_rank,
      trainMlp: value.train_mlp ?? true,
      trainAttn: value.train_attn ?? true,
      trainUnembed: value.train_unembed ?? true,
    },
  }
}

function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function valueOf<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new TinkerError(result.error)
  return result.value
}

function partsOf(path: string): CheckpointPath {
  const parsed = parseCheckpointPath(path)
  if (!parsed.ok) throw new TinkerError({ kind: 'rejected', message: parsed.error })
  return parsed.value
}

/** `checkpointRoute` starts at the root, calls start below `api/v1/`. */
function below(route: string): string {
  return route.slice('/api/v1/'.length)
}

function checkpointOf(record: CheckpointRecord): CheckpointSummary {
  return {
    checkpointId: record.checkpoint_id,
    type: record.checkpoint_type === 'sampler' ? 'sampler' : 'training',
    path: record.tinker_path,
    time: record.time,
    sizeBytes: record.size_bytes,
    public: record.public,
    expiresAt: record.expires_at,
  }
}

function runOf(record: TrainingRunRecord): TrainingRunSummary {
  return {
    runId: record.training_run_id,
    baseModel: record.base_model,
    loraRank: record.lora_rank,
    lastRequestTime: record.last_request_time,
    corrupted: record.corrupted,
    lastCheckpoint: record.last_checkpoint && checkpointOf(record.last_checkpoint),
    lastSamplerCheckpoint: record.last_sampler_checkpoint && checkpointOf(record.last_sampler_checkpoint),
    userMetadata: record.user_metadata ?? {},
  }
}

/** Runs, checkpoints and sessions as the server lists them. Plain requests, no session; all methods reject with a TinkerError. */
import { linkAbort, sleep } from './transport/abort.ts'
import { readJson } from './transport/answers.ts'
import { TinkerError } from './failure.ts'
import { ask, get, valueOf, withSignal } from './rest/calls.ts'
import { checkpointOf, runOf, sessionOf } from './rest/records.ts'
import { fetchWeightsInfo } from './rest/weightsInfo.ts'
import { copyWeightsResponse, externalUrlsResponse, healthResponse } from './wire/adminResponses.ts'
import { sessionSearchResponse, traceExportResponse } from './wire/adminResponses.ts'
import { checkpointRoute, parseCheckpointPath } from './wire/checkpointPath.ts'
import { pathSegments } from './wire/pathSegments.ts'
import { queryString } from './wire/queryString.ts'
import { archiveUrlResponse, checkpointsResponse, sessionResponse } from './wire/listingResponses.ts'
import { sessionsResponse, trainingRunRecord, trainingRunsResponse } from './wire/listingResponses.ts'
import { samplerResponse } from './wire/infoResponses.ts'
import type { AccessScope, ArchiveUrl, CheckpointSummary, Page, Paged } from './rest/records.ts'
import type { SessionSummary, TrainingRunSummary } from './rest/records.ts'
import type { WeightsInfo } from './rest/weightsInfo.ts'
import type { Call, Connection } from './transport/connection.ts'
import type { CheckpointPath } from './wire/checkpointPath.ts'

/** Of a redirect that names no end. Source: protocol reference §2.9. */
const ARCHIVE_LIFETIME_MS = 15 * 60_000
const TRACE_POLL_MS = 5000

type Scoped = { readonly accessScope?: AccessScope }

export type CopyOptions = {
  /** Project that will own the copy; default: that of the key. */
  readonly projectId?: string
  /** Kept for ever when absent. */
  readonly ttlSeconds?: number
  /** Credential of another account whose checkpoint this is. */
  readonly weightsAccessToken?: string
}

/** Where a checkpoint is now that it was published; `repository` is its name behind that of the key's owner. */
export type Published = { readonly where: 'server' } | { readonly where: 'modelscope'; readonly repository: string }

export type SessionSearch = {
  readonly sessionId?: string
  readonly projectIds?: readonly string[]
  /** All pairs must be there. */
  readonly userMetadata?: Readonly<Record<string, string>>
  /** Words of the name, whatever their case. */
  readonly displayName?: string
  readonly accessScope?: 'own' | 'accessible'
  /** 1 to 200; default 50. */
  readonly limit?: number
  /** `next` of the page before. */
  readonly cursor?: SessionCursor
}

export type SessionCursor = { readonly last_created_at: string; readonly last_session_id: string }

export class RestClient {
  readonly #connection: Connection

  /** Made by the service client. */
  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** True when the server says that it is well. */
  async health(signal?: AbortSignal): Promise<boolean> {
    return (await get(this.#connection, 'GET healthz', 'healthz', healthResponse, signal)).status === 'ok'
  }

  async listTrainingRuns(
    options: Page & Scoped & { readonly projectId?: string } = {},
    signal?: AbortSignal,
  ): Promise<Paged<TrainingRunSummary>> {
    const { limit = 20, offset = 0, accessScope = 'owned', projectId } = options
    const query = queryString({ limit, offset, access_scope: accessScope, project_id: projectId })
    const body = await this.#get('GET training_runs', `training_runs?${query}`, trainingRunsResponse, signal)
    return { items: body.training_runs.map(runOf), total: body.cursor?.total_count ?? body.training_runs.length }
  }

  /** All runs, page by page of `limit`, as long as the caller goes on asking. */
  async *iterateTrainingRuns(
    options: Page & Scoped & { readonly projectId?: string } = {},
    signal?: AbortSignal,
  ): AsyncGenerator<TrainingRunSummary> {
    for (let offset = options.offset ?? 0; ;) {
      const { items, total } = await this.listTrainingRuns({ ...options, offset }, signal)
      yield* items
      offset += items.length
      if (items.length === 0 || offset >= total) return
    }
  }

  /** By the run's id or by the address of one of its checkpoints. */
  async getTrainingRun(
    runIdOrPath: string,
    signal?: AbortSignal,
    { accessScope = 'owned' }: Scoped = {},
  ): Promise<TrainingRunSummary> {
    const runId = runIdOrPath.includes('://') ? partsOf(runIdOrPath).runId : runIdOrPath
    const path = `training_runs/${pathSegments(runId)}?${queryString({ access_scope: accessScope })}`
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

  async deleteCheckpoint(path: string, signal?: AbortSignal): Promise<void> {
    return this.#change('DELETE checkpoint', 'DELETE', checkpoint(path), signal)
  }

  /** Lets others read the checkpoint. Twinkle copies it to the ModelScope hub instead, where only its owner can read it. */
  async publishCheckpoint(path: string, signal?: AbortSignal): Promise<Published> {
    const { runId, checkpointId } = partsOf(path)
    await this.#change('POST publish', 'POST', checkpoint(path, 'publish'), signal)
    if (!(await this.#isTwinkle())) return { where: 'server' }
    return { where: 'modelscope', repository: `${runId}_${checkpointId.split('/').at(-1)}` }
  }

  async unpublishCheckpoint(path: string, signal?: AbortSignal): Promise<void> {
    // Twinkle takes the route for the deletion of a checkpoint called "…/publish".
    if (await this.#isTwinkle()) {
      const message = 'Twinkle cannot take a published checkpoint back: delete its repository on the ModelScope hub'
      throw new TinkerError({ kind: 'unsupported', message, request: 'DELETE publish' })
    }
    return this.#change('DELETE publish', 'DELETE', checkpoint(path, 'publish'), signal)
  }

  async #isTwinkle(): Promise<boolean> {
    return valueOf(await this.#connection.profile()).kind === 'twinkle'
  }

  /** `null` keeps the checkpoint for ever. */
  async setCheckpointTtl(path: string, ttlSeconds: number | null, signal?: AbortSignal): Promise<void> {
    return this.#change('PUT ttl', 'PUT', checkpoint(path, 'ttl'), signal, { ttl_seconds: ttlSeconds })
  }

  /** Address of a copy in another project, of the same bytes. Since SDK 0.38. */
  async copyWeights(path: string, options: CopyOptions = {}, signal?: AbortSignal): Promise<string> {
    const json = {
      source_path: path,
      destination_project_id: options.projectId,
      ttl_seconds: options.ttlSeconds,
    }
    // The official SDK keeps the credential out of the body.
    const { weightsAccessToken: token } = options
    const headers: Record<string, string> = token === undefined ? {} : { 'X-Tinker-Weights-Access-Token': token }
    const call: Call = { request: 'POST copy_weights', method: 'POST', path: 'copy_weights', json, headers }
    return (await ask(this.#connection, call, copyWeightsResponse, signal)).tinker_path
  }

  /**
   * Where the archive can be downloaded. Servers answer with the address, or by redirecting to it, which a page may not
   * read: then the failure is `unsupported`.
   */
  async checkpointArchiveUrl(path: string, signal?: AbortSignal): Promise<ArchiveUrl> {
    const call: Call = {
      request: 'GET archive',
      method: 'GET',
      path: checkpoint(path, 'archive'),
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

  /** Where the files of an exported checkpoint can be downloaded, by their names. Since SDK 0.38. */
  async externalWeightsUrls(
    path: string,
    signal?: AbortSignal,
  ): Promise<{ readonly urls: Readonly<Record<string, string>>; readonly expires: string }> {
    const route = `${checkpoint(path)}/external_weights_urls`
    return this.#get('GET external_weights_urls', route, externalUrlsResponse, signal)
  }

  async weightsInfo(path: string, signal?: AbortSignal): Promise<WeightsInfo> {
    return fetchWeightsInfo(this.#connection, path, signal).then(valueOf)
  }

  async listSessions(
    { limit = 20, offset = 0, accessScope = 'owned' }: Page & Scoped = {},
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const path = `sessions?${queryString({ limit, offset, access_scope: accessScope })}`
    return (await this.#get('GET sessions', path, sessionsResponse, signal)).sessions
  }

  async getSession(
    sessionId: string,
    signal?: AbortSignal,
    { accessScope = 'owned' }: Scoped = {},
  ): Promise<{ runIds: readonly string[]; samplerIds: readonly string[] }> {
    const path = `sessions/${pathSegments(sessionId)}?${queryString({ access_scope: accessScope })}`
    const body = await this.#get('GET sessions/{id}', path, sessionResponse, signal)
    return { runIds: body.training_run_ids, samplerIds: body.sampler_ids }
  }

  /** Newest first; `next` leads to the page after. Since SDK 0.38. */
  async searchSessions(
    search: SessionSearch = {},
    signal?: AbortSignal,
  ): Promise<{ readonly sessions: readonly SessionSummary[]; readonly next: SessionCursor | undefined }> {
    const json = {
      session_id: search.sessionId,
      project_ids: search.projectIds,
      user_metadata: search.userMetadata ?? {},
      display_name: search.displayName,
      owner: { type: search.accessScope ?? 'own' },
      limit: search.limit ?? 50,
      cursor: search.cursor,
    }
    const call: Call = { request: 'POST sessions/search', method: 'POST', path: 'sessions/search', json }
    const page = await ask(this.#connection, call, sessionSearchResponse, signal)
    return { sessions: page.sessions.map(sessionOf), next: page.next_cursor }
  }

  assignSessionProject(sessionId: string, projectId: string, signal?: AbortSignal): Promise<void> {
    const path = `sessions/${pathSegments(sessionId)}/project`
    return this.#change('PUT sessions/{id}/project', 'PUT', path, signal, { project_id: projectId })
  }

  /** Address of the session's timeline as a Perfetto trace, which the server may take minutes to write. */
  async exportSessionTrace(
    sessionId: string,
    { pollMs = TRACE_POLL_MS }: { readonly pollMs?: number } = {},
    signal?: AbortSignal,
  ): Promise<string> {
    const request = 'GET sessions/{id}/trace_export'
    for (;;) {
      const path = `sessions/${pathSegments(sessionId)}/trace_export`
      const { status, url, error } = await this.#get(request, path, traceExportResponse, signal)
      if (status === 'ready' && url !== undefined) return url
      if (status === 'failed') {
        const message = `the trace could not be written: ${error ?? 'no reason given'}`
        throw new TinkerError({ kind: 'failed', category: 'server', message, request })
      }
      if (!(await this.#pause(pollMs, signal)))
        throw new TinkerError({ kind: 'aborted', by: 'caller', message: `${request} was cancelled`, request })
    }
  }

  async getSampler(
    samplerId: string,
    signal?: AbortSignal,
  ): Promise<{ baseModel: string; modelPath: string | undefined }> {
    const body = await this.#get('GET samplers/{id}', `samplers/${pathSegments(samplerId)}`, samplerResponse, signal)
    return { baseModel: body.base_model, modelPath: body.model_path }
  }

  async #get<T>(...call: DropFirst<Parameters<typeof get<T>>>): Promise<T> {
    return get(this.#connection, ...call)
  }

  async #change(
    request: string,
    method: Call['method'],
    path: string,
    signal: AbortSignal | undefined,
    json?: unknown,
  ): Promise<void> {
    const call: Call = { request, method, path, ignoreBody: true }
    valueOf(await this.#connection.request({ ...call, ...(json === undefined ? {} : { json }), ...withSignal(signal) }))
  }

  /** False when aborted meanwhile, by the caller or by closing the client. */
  async #pause(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    const link = linkAbort(this.#connection.signal, signal)
    try {
      return await sleep(ms, link.signal)
    } finally {
      link.release()
    }
  }
}

type DropFirst<T extends readonly unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never

/** Path of a checkpoint below `api/v1/`. */
function checkpoint(path: string, action?: 'archive' | 'publish' | 'ttl'): string {
  return checkpointRoute(partsOf(path), action).slice('/api/v1/'.length)
}

function partsOf(path: string): CheckpointPath {
  const parsed = parseCheckpointPath(path)
  if (!parsed.ok) throw new TinkerError({ kind: 'rejected', message: parsed.error })
  return parsed.value
}

/** Pushes an adapter to a repository of a hub in one commit, from a page, a worker or Node. */
import { err, ok } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import type { Fetch } from '../transport/exchange.ts'
import { bytesToBase64 } from '../wire/base64.ts'
import { HubError } from './failure.ts'
import type { HubFailure, PushPhase } from './failure.ts'
import { call, callJson, malformed } from './hubCalls.ts'
import type { HubConnection } from './hubCalls.ts'
import { uploadLargeFiles } from './largeFiles.ts'
import type { LargeFile } from './largeFiles.ts'
import { modelCard, sourcePathOf } from './modelCard.ts'
import type { ModelCardInfo } from './modelCard.ts'
import { adapterFiles, chosen } from './adapterFiles.ts'

export type PushOptions = {
  /** By path: the files of a checkpoint's archive, e.g. of `memorySink()`. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
  /** `user/name`, or a name in the token's own space. Made when it is not there. */
  readonly repo: string
  /** With the right to write. Goes to the endpoint only. */
  readonly token: string
  readonly card: ModelCardInfo
  /** Default true. Only for a repository that is made here. */
  readonly private?: boolean
  /** Branch, made when it is not there. Default `main`. */
  readonly revision?: string
  /** Opens a pull request instead of committing. */
  readonly createPr?: boolean
  /** Patterns of paths with `*` and `?`. Default: all but `checkpoint_complete`. */
  readonly allow?: readonly string[]
  readonly ignore?: readonly string[]
  /** Writes README.md unless the files have one. Default true. */
  readonly writeCard?: boolean
  readonly message?: string
  /** Default `https://huggingface.co`. */
  readonly endpoint?: string
  readonly fetch?: Fetch
  readonly signal?: AbortSignal
  /** Default 1 s, doubling. */
  readonly backoffMs?: number
  onProgress?(progress: PushProgress): void
}

/** `sent` and `total` count the bytes of large files. */
export type PushProgress = { readonly phase: PushPhase; readonly sent: number; readonly total: number }

export type Pushed = {
  /** `user/name`. */
  readonly repo: string
  readonly url: string
  /** Commit id. */
  readonly commit: string
  readonly pullRequest: string | null
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: 'regular' | 'lfs' }[]
}

/** Nothing is visible in the repository until the last request, the commit. */
export async function pushToHub(options: PushOptions): Promise<Result<Pushed, HubFailure>> {
  const hub: HubConnection = {
    endpoint: (options.endpoint ?? 'https://huggingface.co').replace(/\/+$/, ''),
    token: options.token,
    fetch: options.fetch ?? ((request) => fetch(request)),
    signal: options.signal ?? new AbortController().signal,
    backoffMs: options.backoffMs ?? 1000,
  }
  try {
    return ok(await push(hub, options))
  } catch (error) {
    if (error instanceof HubError) return err(error.failure)
    throw error
  }
}

async function push(hub: HubConnection, options: PushOptions): Promise<Pushed> {
  const { card, revision = 'main', createPr = false } = options
  const tell = (phase: PushPhase, sent = 0, total = 0): void => options.onProgress?.({ phase, sent, total })
  tell('checking')
  const files = adapterFiles(options.files, card.baseModel)
  const repo = await repositoryOf(hub, options)
  const written = await readmeOf(hub, repo, revision)
  const other = written === null ? null : sourcePathOf(written)
  if (other !== null && other !== card.sourcePath) {
    const message = `${repo} holds another checkpoint, ${other}; choose another repository or branch for ${card.sourcePath}.`
    throw new HubError({ kind: 'otherCheckpoint', phase: 'checking', message })
  }
  if (options.writeCard !== false && !files.has('README.md')) {
    files.set('README.md', new TextEncoder().encode(modelCard(repo, card)))
  }
  const uploads = chosen(files, options.allow, options.ignore)
  tell('preparing')
  const modes = await uploadModes(hub, repo, revision, createPr, uploads)
  const large: LargeFile[] = []
  for (const [path, bytes] of uploads) {
    if (modes.get(path) === 'lfs') large.push({ path, bytes, sha256: await sha256Of(bytes) })
  }
  const total = large.reduce((sum, file) => sum + file.bytes.length, 0)
  let sent = 0
  tell('uploading', sent, total)
  await uploadLargeFiles(hub, repo, createPr ? null : revision, large, (_, bytes) =>
    tell('uploading', (sent += bytes), total),
  )
  tell('committing', total, total)
  const message = options.message ?? `Add adapter from ${card.sourcePath}`
  const done = await commit(hub, { repo, revision, createPr, message, uploads, large })
  const sizes = [...uploads].map(([path, bytes]) => ({ path, size: bytes.length, mode: modes.get(path)! }))
  return { repo, url: `${hub.endpoint}/${repo}`, ...done, files: sizes }
}

/** Makes the repository and the branch where they are missing. */
async function repositoryOf(hub: HubConnection, options: PushOptions): Promise<string> {
  const phase = 'checking'
  const json = (value: unknown): { headers: Record<string, string>; body: string } => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  })
  let repo = options.repo
  if (!repo.includes('/')) {
    const { name } = await callJson(hub, { phase, method: 'GET', url: `${hub.endpoint}/api/whoami-v2` })
    if (typeof name !== 'string') throw malformed(phase, 'the question whose token it is')
    repo = `${name}/${repo}`
  }
  const [organization, name] = repo.split('/')
  const visibility = options.private === false ? 'public' : 'private'
  const made = { name, organization, type: 'model', visibility }
  await call(hub, { phase, method: 'POST', url: `${hub.endpoint}/api/repos/create`, ...json(made), expect: [409] })
  const { revision = 'main' } = options
  if (revision !== 'main') {
    const url = `${hub.endpoint}/api/models/${repo}/branch/${encodeURIComponent(revision)}`
    await call(hub, { phase, method: 'POST', url, ...json({}), expect: [409] })
  }
  return repo
}

async function readmeOf(hub: HubConnection, repo: string, revision: string): Promise<string | null> {
  const url = `${hub.endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/README.md`
  const response = await call(hub, { phase: 'checking', method: 'GET', url, expect: [404] })
  return response.ok ? response.text() : null
}

type Mode = 'regular' | 'lfs'

async function uploadModes(
  hub: HubConnection,
  repo: string,
  revision: string,
  createPr: boolean,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<ReadonlyMap<string, Mode>> {
  const url = `${hub.endpoint}/api/models/${repo}/preupload/${encodeURIComponent(revision)}${createPr ? '?create_pr=1' : ''}`
  const modes = new Map<string, Mode>()
  const all = [...files]
  for (let at = 0; at < all.length; at += 100) {
    const asked = all.slice(at, at + 100).map(([path, bytes]) => ({
      path,
      size: bytes.length,
      sample: bytesToBase64(bytes.subarray(0, 512)),
    }))
    const answer = await callJson(hub, { phase: 'preparing', method: 'POST', url, json: { files: asked } })
    for (const file of Array.isArray(answer['files']) ? (answer['files'] as Record<string, unknown>[]) : []) {
      if (typeof file['path'] === 'string') modes.set(file['path'], file['uploadMode'] === 'lfs' ? 'lfs' : 'regular')
    }
  }
  for (const [path, bytes] of files) {
    if (!modes.has(path)) throw malformed('preparing', 'the question how files are uploaded')
    // Storage refuses empty objects.
    if (bytes.length === 0) modes.set(path, 'regular')
  }
  return modes
}

async function commit(
  hub: HubConnection,
  plan: {
    readonly repo: string
    readonly revision: string
    readonly createPr: boolean
    readonly message: string
    readonly uploads: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
    readonly large: readonly LargeFile[]
  },
): Promise<{ commit: string; pullRequest: string | null }> {
  const { repo, revision, createPr, message, uploads, large } = plan
  const lines: unknown[] = [{ key: 'header', value: { summary: message, description: '' } }]
  for (const [path, bytes] of uploads) {
    const file = large.find((candidate) => candidate.path === path)
    if (file) lines.push({ key: 'lfsFile', value: { path, algo: 'sha256', oid: file.sha256, size: bytes.length } })
    else lines.push({ key: 'file', value: { content: bytesToBase64(bytes), path, encoding: 'base64' } })
  }
  const response = await call(hub, {
    phase: 'committing',
    method: 'POST',
    url: `${hub.endpoint}/api/models/${repo}/commit/${encodeURIComponent(revision)}${createPr ? '?create_pr=1' : ''}`,
    once: true,
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  })
  const said = (await response.json().catch(() => ({}))) as { commitOid?: unknown; pullRequestUrl?: unknown }
  if (typeof said.commitOid !== 'string') throw malformed('committing', 'the commit')
  return { commit: said.commitOid, pullRequest: typeof said.pullRequestUrl === 'string' ? said.pullRequestUrl : null }
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

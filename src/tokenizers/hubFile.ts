/** One file of a repository on a hub: from the store where it is still the same, else downloaded and kept. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { diagnose } from './codes.ts'
import type { FileStore, StoredFile } from './fileStore.ts'

export type Hub = {
  /** Origin, and path in front of repositories, e.g. that of a mirror. Default `https://huggingface.co`. */
  readonly endpoint?: string
  /** How the hub arranges its addresses. A plain folder of repositories on the web has Hugging Face's. */
  readonly layout?: 'huggingface' | 'modelscope'
  /** Sent as a bearer token, never stored and never part of a message. */
  readonly token?: string
  readonly fetch?: (request: Request) => Promise<Response>
  readonly store?: FileStore
  /** Whether a kept file of a branch is compared with the hub's version (one request without a body). Default true. */
  readonly check?: boolean
  readonly signal?: AbortSignal
  /** What people call the endpoint, where it is that of a relay. */
  readonly name?: string
  onProgress?(progress: { readonly file: string; readonly received: number; readonly total: number | null }): void
}

export const HUGGING_FACE = 'https://huggingface.co'

type Repository = { readonly id: string; readonly revision: string; readonly pinned: boolean }

export async function hubFile(
  repository: Repository,
  file: string,
  hub: Hub,
): Promise<Result<Uint8Array<ArrayBuffer>, Diagnostic>> {
  const url = addressOf(repository, file, hub)
  const kept = (await hub.store?.get(url).catch(() => null)) ?? null
  if (kept && (repository.pinned || hub.check === false || (await isCurrent(kept, url, hub)))) return ok(kept.bytes)
  const fresh = await downloaded(url, repository, file, hub)
  if (fresh.ok) await hub.store?.put(url, fresh.value).catch(() => undefined)
  // An old version is better than none while the hub is away.
  else if (kept) return ok(kept.bytes)
  return fresh.ok ? ok(fresh.value.bytes) : fresh
}

/** Address of a file of a repository. */
export function addressOf(
  { id, revision }: Pick<Repository, 'id' | 'revision'>,
  file: string,
  hub: Pick<Hub, 'endpoint' | 'layout'>,
): string {
  if (hub.layout === 'modelscope') {
    // The default branch has another name there.
    return `${hub.endpoint ?? 'https://modelscope.cn'}/models/${id}/resolve/${revision === 'main' ? 'master' : revision}/${file}`
  }
  return `${hub.endpoint ?? HUGGING_FACE}/${id}/resolve/${revision}/${file}`
}

/** True also when the hub cannot be asked, or does not say: what is kept is used offline. */
async function isCurrent(kept: StoredFile, url: string, hub: Hub): Promise<boolean> {
  try {
    const { ok: answered, headers } = await send(url, 'HEAD', hub)
    if (!answered) return true
    const etag = headers.get('etag')
    if (etag !== null && kept.etag !== null) return etag === kept.etag
    const size =
      headers.get('x-linked-size') ?? (headers.has('content-encoding') ? null : headers.get('content-length'))
    return size === null || Number(size) === kept.bytes.length
  } catch {
    return true
  }
}

async function downloaded(
  url: string,
  repository: Repository,
  file: string,
  hub: Hub,
): Promise<Result<StoredFile, Diagnostic>> {
  const said = hub.name === undefined ? url : addressOf(repository, file, { ...hub, endpoint: hub.name })
  let response: Response
  try {
    response = await send(url, 'GET', hub)
  } catch (error) {
    return unreachable(said, error)
  }
  if (!response.ok) {
    await response.body?.cancel().catch(() => undefined)
    return refused(response, said, repository, hub)
  }
  try {
    const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length')
    const total = length === null ? null : Number(length)
    const bytes = await read(response, (received) => hub.onProgress?.({ file, received, total }))
    if (total !== null && total !== bytes.length) {
      const message = `${said} was cut: ${bytes.length} of ${total} bytes came. Try again.`
      return err(diagnose('TZ1005', { on: 'document' }, message))
    }
    return ok({ bytes, etag: response.headers.get('etag') })
  } catch (error) {
    return unreachable(said, error)
  }
}

function send(url: string, method: 'GET' | 'HEAD', { fetch: given, token, signal }: Hub): Promise<Response> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const request = new Request(url, { method, headers, ...(signal ? { signal } : {}) })
  return given ? given(request) : fetch(request)
}

async function read(response: Response, onBytes: (received: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  if (!response.body) return new Uint8Array()
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let received = 0
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value)
    received += next.value.length
    onBytes(received)
  }
  const bytes = new Uint8Array(received)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** Sentences say what to do: the hub answers 401 also for repositories that do not exist. */
function refused({ status, headers }: Response, said: string, { id }: Repository, hub: Hub): Result<never, Diagnostic> {
  const at = { on: 'document' } as const
  const drop = 'or drop the tokenizer file of the model here'
  if (status === 404) {
    const message = `${said} answers 404: there is no such file. Check the model's name, ${drop}.`
    return err(diagnose('TZ1002', at, message, { data: { status } }))
  }
  if (status === 401 || status === 403) {
    const gated = headers.get('x-error-code') === 'GatedRepo'
    const why = gated ? 'the repository is gated' : 'the repository is gated, private or not there'
    const page = `${hub.endpoint ?? HUGGING_FACE}/${id}`
    const mend =
      hub.token === undefined
        ? `accept its terms at ${page} and give a token with read access`
        : `accept its terms at ${page}, and check that the token may read it`
    return err(
      diagnose('TZ1003', at, `${said} answers ${status}: ${why}. Either ${mend}, ${drop}.`, { data: { status } }),
    )
  }
  return err(
    diagnose('TZ1004', at, `${said} answers ${status}: the hub is in trouble. Try again later, ${drop}.`, {
      data: { status },
    }),
  )
}

function unreachable(said: string, error: unknown): Result<never, Diagnostic> {
  const reason = error instanceof Error ? error.message : String(error)
  const message = `${said} cannot be reached (${reason}). Check the network, name another hub, or drop the tokenizer file of the model here.`
  return err(diagnose('TZ1004', { on: 'document' }, message))
}

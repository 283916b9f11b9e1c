/** Bytes of an address as a stream that goes on where it was cut, as far as the host allows. */
import { linkAbort, sleep, untilAborted } from '../transport/abort.ts'
import type { LinkedAbort } from '../transport/abort.ts'
import type { Fetch } from '../transport/exchange.ts'
import { chunksOf } from './byteSource.ts'
import { ArchiveError } from './failure.ts'

export type DownloadOptions = {
  /** Gives the address; asked again when it is no longer accepted, for signed addresses live for minutes. */
  readonly address: (signal: AbortSignal | undefined) => Promise<string>
  readonly fetch?: Fetch
  readonly signal?: AbortSignal | undefined
  /** Sent with every request. Signed addresses need none; a key must not go to a foreign host. */
  readonly headers?: Readonly<Record<string, string>>
  /** `total` is null while the host has not said it. */
  onProgress?(progress: DownloadProgress): void
  /** Tries in a row without a new byte, before it is given up. Default 5. */
  readonly attempts?: number
  /** Waits between such tries, doubling from this. Default 500 ms. */
  readonly backoffMs?: number
  /** A host that sends nothing for so long is asked again. Default 60 s. */
  readonly idleMs?: number
}

export type DownloadProgress = { readonly received: number; readonly total: number | null }

type Opened = { readonly response: Response; readonly skip: number; readonly total: number | null }

/**
 * The body's bytes in order, each once. Continues with a range request after a cut; a host that sends everything again is read up to
 * where the stream was, if it is the same file. @throws ArchiveError
 */
export async function* download(options: DownloadOptions): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { signal, attempts = 5, backoffMs = 500, idleMs = 60_000 } = options
  let received = 0
  let total: number | null = null
  let version: string | null = null
  let failed = 0
  let last: ArchiveError | null = null
  while (failed < attempts) {
    if (failed > 0) await sleep(backoffMs * 2 ** (failed - 1), signal ?? new AbortController().signal)
    const idle = idleWatch(idleMs, signal)
    try {
      const opened: Opened = await open(options, received, version, idle.link)
      version ??= versionOf(opened.response)
      total ??= opened.total
      let { skip } = opened
      for await (const chunk of opened.response.body ? chunksOf(opened.response.body, idle.link.signal) : []) {
        idle.restart()
        const fresh = chunk.subarray(Math.min(skip, chunk.length))
        skip -= chunk.length - fresh.length
        if (fresh.length === 0) continue
        received += fresh.length
        failed = 0
        options.onProgress?.({ received, total })
        // Whoever takes the chunk may take his time.
        idle.stop()
        yield fresh
        idle.restart()
      }
      if (total === null || received === total) return
      if (received > total) throw changed()
      throw new ArchiveError({ kind: 'offline', message: `The download was cut after ${received} of ${total} bytes.` })
    } catch (error) {
      last = retryable(error, signal)
      failed++
    } finally {
      idle.stop()
      idle.link.release()
    }
  }
  throw last!
}

type IdleWatch = { readonly link: LinkedAbort; restart(): void; stop(): void }

function idleWatch(ms: number, signal: AbortSignal | undefined): IdleWatch {
  const link = linkAbort(signal)
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = (): void => clearTimeout(timer)
  const restart = (): void => {
    stop()
    timer = setTimeout(() => link.abort(), ms)
  }
  restart()
  return { link, restart, stop }
}

async function open(
  options: DownloadOptions,
  from: number,
  version: string | null,
  link: LinkedAbort,
): Promise<Opened> {
  const { fetch: send = (request) => fetch(request) } = options
  const address = await options.address(options.signal)
  if (!/^https?:/i.test(address)) {
    const message = `The server names ${address.slice(0, 200)}, which is a place on its own disk and cannot be downloaded from here.`
    throw new ArchiveError({ kind: 'unsupported', message })
  }
  // `Range` alone needs no preflight in a page; whether the file is the same is told by what comes back.
  const headers = { ...options.headers, ...(from > 0 ? { range: `bytes=${from}-` } : {}) }
  link.signal.throwIfAborted()
  const response = await untilAborted(send(new Request(address, { headers, signal: link.signal })), link.signal)
  if (response === undefined) throw new DOMException('no answer in time', 'AbortError')
  if (from > 0 && response.status === 416) throw changed()
  if (!response.ok) {
    await response.body?.cancel().catch(() => undefined)
    throw refused(response.status, address)
  }
  const now = versionOf(response)
  if (version !== null && now !== null && now !== version) throw changed()
  if (response.status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
    if (range && Number(range[1]) !== from) throw changed()
    return { response, skip: 0, total: range && range[2] !== '*' ? Number(range[2]) : null }
  }
  // A body that the host packs for the way has another length than the file.
  const packed = response.headers.has('content-encoding')
  const length = packed ? null : response.headers.get('content-length')
  return { response, skip: from, total: length === null ? null : Number(length) }
}

/** A strong ETag, else the date; null when the host tells neither, or hides it from a page. */
function versionOf({ headers }: Response): string | null {
  const etag = headers.get('etag')
  return etag !== null && !etag.startsWith('W/') ? etag : headers.get('last-modified')
}

function refused(status: number, address: string): ArchiveError {
  const host = new URL(address).host
  const why =
    status === 401 || status === 403 || status === 410
      ? 'the address is no longer accepted'
      : status === 404
        ? 'there is no such file'
        : 'the host is in trouble'
  return new ArchiveError({ kind: 'refused', status, message: `${host} answers ${status}: ${why}.` })
}

function changed(): ArchiveError {
  return new ArchiveError({
    kind: 'changed',
    message: 'The file on the host changed during the download; begin it again.',
  })
}

/** The error to remember while trying again. @throws what no second try can mend */
function retryable(error: unknown, signal: AbortSignal | undefined): ArchiveError {
  if (signal?.aborted) throw new ArchiveError({ kind: 'aborted', message: 'The download was cancelled.' })
  if (error instanceof ArchiveError) {
    const { kind, status = 0 } = error.failure
    const again =
      kind === 'offline' || (kind === 'refused' && (status >= 500 || [401, 403, 408, 410, 425, 429].includes(status)))
    if (!again) throw error
    return error
  }
  // What `address` rejects with is the caller's own and tells more than we could.
  if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error
  const reason = error.message === '' ? error.name : error.message
  const message = `The archive's host gives no answer (${reason}). In a page, a host that does not allow pages (CORS) looks the same.`
  return new ArchiveError({ kind: 'offline', message })
}

/** A host of files on loopback that cuts, stalls, forgets and changes them as told. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type HostAnswer = {
  readonly bytes: Uint8Array
  /** Bytes of this answer's body before the connection is destroyed. */
  readonly cutAfter?: number
  /** Stops sending after this many bytes, and keeps the connection. */
  readonly stallAfter?: number
  readonly status?: number
  readonly etag?: string
  /** Does as if ranges were unknown. */
  readonly ignoreRange?: boolean
  readonly chunked?: boolean
}

export type FileHost = {
  readonly url: string
  /** `METHOD path range` of each request. */
  readonly requests: { readonly path: string; readonly range: string | undefined; readonly key: string | undefined }[]
  close(): Promise<void>
}

/** @param answer for the n-th request, from 0 */
export async function fileHost(answer: (request: number, path: string) => HostAnswer): Promise<FileHost> {
  const requests: FileHost['requests'] = []
  const server = createServer((request, response) => {
    const range = request.headers.range
    const key = request.headers['x-api-key'] as string | undefined
    const path = request.url ?? ''
    requests.push({ path, range, key })
    const { bytes, cutAfter, stallAfter, status = 200, etag, ignoreRange, chunked } = answer(requests.length - 1, path)
    if (status !== 200) return void response.writeHead(status).end('no')
    const start = range !== undefined && !ignoreRange ? Number(/^bytes=(\d+)-$/.exec(range)![1]) : 0
    const body = bytes.subarray(start)
    const headers: Record<string, string> = {
      ...(chunked ? {} : { 'content-length': String(body.length) }),
      ...(etag === undefined ? {} : { etag }),
      ...(start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    }
    response.writeHead(start > 0 ? 206 : 200, headers)
    if (cutAfter !== undefined && cutAfter < body.length) {
      response.write(body.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 5))
    } else if (stallAfter !== undefined) response.write(body.subarray(0, stallAfter))
    else response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A hub on loopback with the files of repositories, ETags, gates and a log of what was asked. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type FileHub = {
  readonly url: string
  readonly files: Map<string, string>
  /** Paths that need this token, as gated repositories do. */
  readonly gates: Map<string, string>
  /** `METHOD /path`. */
  readonly asked: string[]
  close(): Promise<void>
}

export async function fileHub(files: Readonly<Record<string, string>>): Promise<FileHub> {
  const held = new Map(Object.entries(files))
  const gates = new Map<string, string>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(`${request.method} ${path}`)
    for (const [prefix, token] of gates) {
      if (path.startsWith(prefix) && request.headers.authorization !== `Bearer ${token}`) {
        const known = request.headers.authorization !== undefined
        return void response.writeHead(known ? 403 : 401, { 'x-error-code': 'GatedRepo' }).end('gated')
      }
    }
    const text = held.get(path)
    if (text === undefined)
      return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end('Entry not found')
    const etag = `"${createHash('sha1').update(text).digest('hex')}"`
    response.writeHead(200, { etag, 'content-length': String(Buffer.byteLength(text)) })
    response.end(request.method === 'HEAD' ? undefined : text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: held,
    gates,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A backend behind a real address, for tests of servers that are not embedded. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Served = {
  readonly url: string
  /** Paths that were asked for. */
  readonly asked: string[]
  close(): Promise<void>
}

export async function served(fetch: (request: Request) => Promise<Response>): Promise<Served> {
  const asked: string[] = []
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const parts: Buffer[] = []
      for await (const part of incoming) parts.push(part as Buffer)
      asked.push(incoming.url!)
      const { method = 'GET', headers } = incoming
      const body = parts.length > 0 ? { body: new Uint8Array(Buffer.concat(parts)) } : {}
      const request = new Request(`http://backend${incoming.url}`, {
        method,
        headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
        ...body,
      })
      const response = await fetch(request)
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      outgoing.end(Buffer.from(await response.arrayBuffer()))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

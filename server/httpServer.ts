/** A fetch handler on a TCP port: start, address, graceful stop. */
import { createAdaptorServer } from '@hono/node-server'
import type { AddressInfo } from 'node:net'

export type FetchHandler = (request: Request) => Response | Promise<Response>

export type RunningServer = {
  readonly host: string
  readonly port: number
  readonly url: string
  /** Takes no more connections, lets requests finish for `graceMs`, then ends the rest. */
  stop(graceMs: number): Promise<void>
}

/** Longer than the pauses of clients between requests, so that they do not write into a closing connection. */
const KEEP_ALIVE_MS = 75_000

/** @throws Error of Node's, with `code` EADDRINUSE and the like, when the port cannot be had. */
export async function listen(fetch: FetchHandler, host: string, port: number): Promise<RunningServer> {
  const server = createAdaptorServer({
    fetch,
    overrideGlobalObjects: false,
    serverOptions: { keepAliveTimeout: KEEP_ALIVE_MS },
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address() as AddressInfo
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    host,
    port: address.port,
    url: `http://${shown}:${address.port}`,
    async stop(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      if ('closeIdleConnections' in server) server.closeIdleConnections()
      const timer = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(timer)
    },
  }
}

export const LOOPBACK = ['localhost', '127.0.0.1', '::1']

/**
 * False when a page elsewhere has made its own name resolve to this machine (DNS rebinding): on a loopback address,
 * only loopback names are asked for in good faith.
 */
export function hostIsMeant(request: Request, boundTo: string): boolean {
  if (!LOOPBACK.includes(boundTo)) return true
  return LOOPBACK.includes(new URL(request.url).hostname.replace(/^\[|\]$/g, ''))
}

/** Resolves with the signal's name when the process is asked to end; a second request ends it at once. */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false
    const stop = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(130)
      asked = true
      resolve(signal)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}

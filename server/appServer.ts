/** What `npm start` serves: the page, the relay, and the headers that keep both safe. */
import { Hono } from 'hono'
import { hostIsMeant } from './httpServer.ts'
import { relay, RELAY_PATH } from './relay.ts'
import { staticFiles } from './staticFiles.ts'
import type { Allowed } from './upstreams.ts'

export type AppServerOptions = {
  /** Folder of the built page. */
  readonly folder: string
  readonly upstreams: readonly Allowed[]
  readonly host: string
}

/**
 * 'wasm-unsafe-eval' compiles the engine's kernels; styles are set inline by the canvas; blob: holds workers and exported files.
 * The page may call servers of its user's choice directly (those with CORS), hence the wide connect-src.
 */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const SAFETY: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  // Tells the page that it is served here and not as mere files, so that it may use the relay.
  'x-tunegraph-relay': RELAY_PATH.slice(0, -1),
}

export function appServer(options: AppServerOptions): (request: Request) => Promise<Response> {
  const files = staticFiles(options.folder)
  const app = new Hono()
  app.use(async (c, next) => {
    if (!hostIsMeant(c.req.raw, options.host)) return c.text('this name is not served here', 421)
    await next()
    for (const [name, value] of Object.entries(SAFETY)) c.res.headers.set(name, value)
    return undefined
  })
  app.all(`${RELAY_PATH}*`, (c) => relay(c.req.raw, options.upstreams))
  app.all('*', (c) => files(c.req.raw))
  app.onError((error, c) => {
    process.stderr.write(`error: ${error.message}\n`)
    return c.text('the server failed', 500)
  })
  return async (request) => app.fetch(request)
}

/** Which servers the relay may speak to, and the check of a request's choice. */
import { err, ok } from '#src/base/result.ts'
import type { Result } from '#src/base/result.ts'

/** The hosted service; its API lives below this address. */
export const HOSTED = 'https://tinker.thinkingmachines.dev/services/tinker-prod'

/** Names of this machine, on which every port and path is allowed. */
const OWN_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

export type Allowed = { readonly origin: string; readonly path: string }

/** Reads `--allow-upstream URL`. The error is a sentence. */
export function parseUpstream(text: string): Result<Allowed, string> {
  const url = safeUrl(text)
  if (url === null) return err(`an upstream is an address like https://host/path, not '${text.slice(0, 200)}'`)
  return ok({ origin: url.origin, path: withSlash(url.pathname) })
}

/** The base address asked for, if it is on the list. The error is a sentence that names the cure. */
export function chooseUpstream(text: string | null, allowed: readonly Allowed[]): Result<URL, string> {
  if (text === null || text === '') return err('name the server in the header x-tunegraph-upstream')
  const url = safeUrl(text)
  if (url === null) return err(`x-tunegraph-upstream is not an http address: '${text.slice(0, 200)}'`)
  const path = withSlash(url.pathname)
  const listed = allowed.some((a) => a.origin === url.origin && path.startsWith(a.path))
  if (!listed && !OWN_NAMES.has(url.hostname))
    return err(
      `${url.origin} is not one of the servers this relay may speak to; start with --allow-upstream ${url.origin}`,
    )
  url.pathname = path
  return ok(url)
}

/** Null for anything but http and https, and for addresses that carry a password, a query or a fragment. */
function safeUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  return plain && (url.protocol === 'https:' || url.protocol === 'http:') ? url : null
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`
}

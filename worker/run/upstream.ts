/** How requests reach a backend: over the port to the embedded one, through the page's relay, or straight. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { Result } from '#src/base/result.ts'
import { err, ok } from '#src/base/result.ts'
import type { BackendRef } from '#src/ir/runEvent.ts'
import type { Fetch, ServiceConfig } from '#src/tinker/index.ts'
import { diagnose } from '../codes.ts'
import type { WorkerEnvironment } from '../protocol.ts'

/** The upstream's address; the relay at the page's own origin adds nothing of its own to a request. */
export const UPSTREAM_HEADER = 'x-tunegraph-upstream'

export type Upstream = Pick<ServiceConfig, 'baseUrl' | 'publicUrl' | 'headers' | 'fetch'>

export function upstreamOf(
  ref: BackendRef,
  environment: WorkerEnvironment,
  embedded: Fetch,
): Result<Upstream, Diagnostic> {
  if (ref.type === 'embedded') return ok({ baseUrl: ref.url, fetch: embedded })
  if (!isHttpUrl(ref.url)) {
    const message = `"${ref.url}" is not an address of a server; write it like https://host/path.`
    return err(diagnose('WK0007', { on: 'document' }, message))
  }
  if (environment.relay === null) return ok({ baseUrl: ref.url })
  const baseUrl = environment.origin + environment.relay
  return ok({ baseUrl, publicUrl: ref.url, headers: { [UPSTREAM_HEADER]: ref.url } })
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^/]/.test(text) && URL.canParse(text)
}

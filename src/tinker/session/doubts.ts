/** What a person should hear of a configuration before it is trusted. */
import { hostOf, inPage } from '../config.ts'
import type { ServiceConfig } from '../config.ts'

/** What is doubtful in a configuration, in a sentence each. */
export function doubtsOf(config: ServiceConfig): readonly string[] {
  const doubts: string[] = []
  const host = hostOf(config.baseUrl)
  const near = host === undefined || /^(localhost|127\.|10\.|192\.168\.|\[|.*\.(local|internal|localhost)$)/.test(host)
  if (/^http:/i.test(config.baseUrl.trim()) && !near && (config.apiKey || config.getCredential))
    doubts.push(`the key travels unencrypted to ${host}: use https`)
  const dropped = inPage(config) ? forbiddenInPages(config.headers ?? {}) : []
  if (dropped.length > 0) doubts.push(`browsers do not send ${dropped.join(', ')}`)
  return doubts
}

const FORBIDDEN =
  /^(accept-(charset|encoding)|access-control-.*|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|proxy-.*|referer|sec-.*|set-cookie|te|trailer|transfer-encoding|upgrade|via|user-agent)$/i

/** Names among these headers that a browser leaves out without a word. */
export function forbiddenInPages(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(headers).filter((name) => FORBIDDEN.test(name))
}

/** What the server says: JSON lines, or short sentences for a person. Never bodies, queries or headers: they hold keys. */
import type { FetchHandler } from './httpServer.ts'

type Fields = Readonly<Record<string, unknown>>

export type RequestLog = {
  /** Wraps a handler; every answered request is one line (only failed ones when a person reads). */
  around(fetch: (request: Request) => Promise<Response>): FetchHandler
  started(fields: { url: string; data: string; key: boolean; models: readonly string[] }): void
  imported(paths: { training: string; sampler: string; baseModel: string }): void
  warn(message: string): void
  fault(error: unknown): void
  stopping(signal: string): void
}

export function requestLog(
  json: boolean,
  write: (line: string) => void = (line) => void process.stdout.write(line),
): RequestLog {
  const line = (level: string, event: string, fields: Fields): void =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`)
  const say = (level: string, event: string, sentence: string, fields: Fields = {}): void => {
    if (json) line(level, event, fields)
    else write(`${sentence}\n`)
  }
  return {
    around: (fetch) => async (request) => {
      const from = performance.now()
      const response = await fetch(request)
      const { pathname } = new URL(request.url)
      const ms = Math.round(performance.now() - from)
      const sdk = sdkVersion(request.headers)
      const fields = { method: request.method, path: pathname, status: response.status, ms, ...(sdk && { sdk }) }
      if (json) line(response.status >= 500 ? 'error' : 'info', 'request', fields)
      else if (response.status >= 400) write(`${request.method} ${pathname} → ${response.status} (${ms} ms)\n`)
      return response
    },
    started(fields) {
      say('info', 'listening', startText(fields), fields)
    },
    imported(paths) {
      const { training, sampler, baseModel } = paths
      say('info', 'imported', `adapter for ${baseModel}: train on ${training}, sample from ${sampler}`, paths)
    },
    warn: (message) => say('warn', 'warning', `warning: ${message}`, { message }),
    fault(error) {
      const message = error instanceof Error ? error.message : String(error)
      const stack = error instanceof Error ? error.stack : undefined
      say('error', 'fault', `error: ${message}`, { message, stack })
    },
    stopping: (signal) => say('info', 'stopping', `${signal}: stopping`, { signal }),
  }
}

/** Which SDK asks; nothing that is no version gets into the log. */
function sdkVersion(headers: Headers): string | undefined {
  return /^[0-9][0-9A-Za-z.+-]{0,20}$/.exec(headers.get('x-stainless-package-version') ?? '')?.[0]
}

function startText({ url, data, key }: { url: string; data: string; key: boolean }): string {
  return [
    `Tinker server at ${url}`,
    `checkpoints in ${data}`,
    '',
    'From Python:',
    `  export TINKER_BASE_URL=${url} TINKER_API_KEY=${key ? 'the key given with --api-key' : 'tml-local'}`,
    `  export HF_ENDPOINT=${url}   # lets the SDK find the model's tokenizer here`,
    ...(key ? ['  export HF_TOKEN=$TINKER_API_KEY   # its files want the key as well'] : []),
  ].join('\n')
}

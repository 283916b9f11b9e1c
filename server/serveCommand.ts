/** `tunegraph serve`: a local Tinker server, for the official SDK and anything else that speaks its protocol. */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { hostIsMeant, listen, LOOPBACK, untilStopped } from './httpServer.ts'
import { requestLog } from './requestLog.ts'
import { openNodeBackend } from './nodeBackend.ts'
import { statusPage } from './statusPage.ts'
import type { Behaviour } from '#src/backend/index.ts'

export const SERVE_HELP = `tunegraph serve [options]
Starts a Tinker server on this machine: a small, real model that trains and samples.

  --port N          port (default 8000; 0 takes a free one)
  --host HOST       address to listen on (default 127.0.0.1: this machine only)
  --model FOLDER    model folder in Hugging Face layout, or OWNER/NAME=FOLDER; may be given several times
  --data DIR        where checkpoints are kept (default .tunegraph/serve)
  --api-key KEY     key that clients must send (or set TUNEGRAPH_API_KEY); default: none is asked for
  --origin URL      a page that may call from elsewhere; may be given several times, or * for any
  --shards N        worker threads (default 2)
  --latency MS      for practice: extra time of every request
  --fail-rate P     for practice: share of requests that fail, 0 to 1
  --rate-limit N    for practice: submissions per second
  --seed N          seed of the practice options (default 0)
  --json            log lines as JSON
`

const GRACE_MS = 5000
/** Clients that end without a word, as scripts do, must not fill the memory with their models. */
const SILENT_MS = 30 * 60_000

/** Resolves with the exit code: 0 after a graceful stop, 1 when the server cannot start, 2 for wrong arguments. */
export async function run(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${SERVE_HELP}`)
    return 2
  }
  if (options.help) {
    process.stdout.write(SERVE_HELP)
    return 0
  }
  const log = requestLog(options.json)
  const { host, port, apiKey, dataDir } = options
  try {
    const backend = await openNodeBackend({
      ...(options.models.length > 0 ? { modelDir: options.models } : {}),
      ...(apiKey === undefined ? {} : { apiKey }),
      dataDir,
      shards: options.shards,
      sessionSilentMs: SILENT_MS,
      behaviour: options.behaviour,
      origins: options.origins.includes('*') ? '*' : options.origins,
      onError: (error) => log.fault(error),
    })
    const server = await listen(
      log.around(async (request) => {
        if (!hostIsMeant(request, host)) return new Response('this name is not served here', { status: 421 })
        return (await statusPage(request, backend)) ?? backend.fetch(request)
      }),
      host,
      port,
    )
    log.started({ url: server.url, data: dataDir, key: apiKey !== undefined, models: options.models })
    if (apiKey === undefined && !LOOPBACK.includes(host))
      log.warn('anyone who reaches this address may use the server: set --api-key')
    const signal = await untilStopped()
    log.stopping(signal)
    await Promise.all([backend.close(), server.stop(GRACE_MS)])
    return 0
  } catch (error) {
    log.fault(error)
    return 1
  }
}

type ServeOptions = {
  help: boolean
  json: boolean
  host: string
  port: number
  models: string[]
  origins: string[]
  dataDir: string
  apiKey: string | undefined
  shards: number
  behaviour: Behaviour
}

/** The options, or a sentence about what is wrong with them. */
function readOptions(args: readonly string[]): ServeOptions | string {
  try {
    const text = { type: 'string' } as const
    const list = { type: 'string', multiple: true } as const
    const flag = { type: 'boolean' } as const
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: text,
        host: text,
        model: list,
        data: text,
        'api-key': text,
        origin: list,
        shards: text,
        latency: text,
        'fail-rate': text,
        'rate-limit': text,
        seed: text,
        json: flag,
        help: { ...flag, short: 'h' },
      },
    })
    const number = (
      name: 'port' | 'shards' | 'latency' | 'fail-rate' | 'rate-limit' | 'seed',
      most = Infinity,
    ): number | undefined => {
      const given = values[name]
      if (given === undefined) return undefined
      const value = Number(given)
      if (given.trim() === '' || !(value >= 0 && value <= most))
        throw new Error(`--${name} must be a number from 0${most === Infinity ? '' : ` to ${most}`}, not '${given}'`)
      return value
    }
    const latencyMs = number('latency')
    const failRate = number('fail-rate', 1)
    const rateLimit = number('rate-limit')
    return {
      help: values.help ?? false,
      json: values.json ?? false,
      host: values.host ?? '127.0.0.1',
      port: number('port', 65535) ?? 8000,
      models: values.model ?? [],
      origins: values.origin ?? [],
      dataDir: resolve(values.data ?? join('.tunegraph', 'serve')),
      apiKey: values['api-key'] ?? process.env['TUNEGRAPH_API_KEY'],
      shards: number('shards', 64) ?? 2,
      behaviour: {
        seed: number('seed') ?? 0,
        ...(latencyMs === undefined ? {} : { latencyMs }),
        ...(failRate === undefined ? {} : { failRate }),
        ...(rateLimit === undefined ? {} : { rateLimit }),
      },
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

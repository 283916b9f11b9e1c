/** The options of `tunegraph serve`, read from its arguments. */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Behaviour } from '#src/backend/index.ts'

export const SERVE_HELP = `tunegraph serve [options]
Starts a Tinker server on this machine: a small, real model that trains and samples.

  --port N           port (default 8000; 0 takes a free one)
  --host HOST        address to listen on (default 127.0.0.1: this machine only)
  --model FOLDER     Qwen3 folder in Hugging Face layout, or OWNER/NAME=FOLDER; may be given several times
                     (default: the models that come with Tunegraph, tunegraph/tiny-1m and tunegraph/tiny-4m)
  --adapter FOLDER   LoRA adapter as PEFT keeps it, or NAME=FOLDER, to sample from and to train on; several may be given
  --data DIR         where checkpoints are kept (default .tunegraph/serve)
  --quota MB         most that checkpoints may take (default: no limit)
  --api-key KEY      key that clients must send (or set TUNEGRAPH_API_KEY); default: none is asked for
  --origin URL       a page that may call from elsewhere; may be given several times, or * for any
  --shards N         worker threads (default 2)
  --flag NAME=VALUE  what clients are told by client/config, such as proto_compress_fwdbwd=true
  --json             log lines as JSON

For practice, seeded:
  --latency MS       extra time of every request
  --fail-rate P      share of requests that fail, 0 to 1
  --op-fail-rate P   share of operations that are accepted and then fail, 0 to 1
  --rate-limit N     submissions per second
  --queue MS         pauses of the queue of about this length, before one operation in eight
  --seed N           seed of all of these (default 0)
`

export type ServeOptions = {
  readonly help: boolean
  readonly json: boolean
  readonly host: string
  readonly port: number
  readonly models: readonly string[]
  readonly adapters: readonly string[]
  readonly origins: readonly string[]
  readonly dataDir: string
  readonly quotaBytes: number | undefined
  readonly apiKey: string | undefined
  readonly shards: number
  readonly behaviour: Behaviour
  readonly clientFlags: Readonly<Record<string, boolean | number | string>>
}

/** The options, or a sentence about what is wrong with them. */
export function readServeOptions(args: readonly string[]): ServeOptions | string {
  try {
    return read(args)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function read(args: readonly string[]): ServeOptions {
  const text = { type: 'string' } as const
  const list = { type: 'string', multiple: true } as const
  const yes = { type: 'boolean' } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: text,
      host: text,
      model: list,
      adapter: list,
      data: text,
      quota: text,
      'api-key': text,
      origin: list,
      shards: text,
      flag: list,
      latency: text,
      'fail-rate': text,
      'op-fail-rate': text,
      'rate-limit': text,
      queue: text,
      seed: text,
      json: yes,
      help: { ...yes, short: 'h' },
    },
  })
  const number = (name: keyof typeof values, most = Infinity, whole = false): number | undefined => {
    const given = values[name]
    if (typeof given !== 'string') return undefined
    const value = Number(given)
    if (given.trim() === '' || !(value >= 0 && value <= most) || (whole && !Number.isInteger(value)))
      throw new Error(
        `--${name} must be a ${whole ? 'whole ' : ''}number from 0${most === Infinity ? '' : ` to ${most}`}, not '${given}'`,
      )
    return value
  }
  const apiKey = values['api-key'] ?? process.env['TUNEGRAPH_API_KEY']
  if (apiKey === '') throw new Error('--api-key must not be empty; leave it out to ask for none')
  const quota = number('quota')
  return {
    help: values.help ?? false,
    json: values.json ?? false,
    host: values.host ?? '127.0.0.1',
    port: number('port', 65535, true) ?? 8000,
    models: values.model ?? [],
    adapters: values.adapter ?? [],
    origins: values.origin ?? [],
    dataDir: resolve(values.data ?? join('.tunegraph', 'serve')),
    quotaBytes: quota === undefined ? undefined : quota * 1e6,
    apiKey,
    shards: number('shards', 64, true) ?? 2,
    clientFlags: Object.fromEntries((values.flag ?? []).map(parseFlag)),
    behaviour: {
      seed: number('seed') ?? 0,
      latencyMs: number('latency') ?? 0,
      failRate: number('fail-rate', 1) ?? 0,
      operationFailRate: number('op-fail-rate', 1) ?? 0,
      rateLimit: number('rate-limit') ?? Infinity,
      queuePauseMs: number('queue') ?? 0,
    },
  }
}

function parseFlag(text: string): [string, boolean | number | string] {
  const at = text.indexOf('=')
  if (at <= 0) throw new Error(`--flag takes NAME=VALUE, not '${text}'`)
  const value = text.slice(at + 1)
  if (value === 'true' || value === 'false') return [text.slice(0, at), value === 'true']
  const number = Number(value)
  return [text.slice(0, at), value.trim() !== '' && Number.isFinite(number) ? number : value]
}

/** Options that `run` and `compile` share. */
import { EXIT } from './exitCodes.ts'
import { parseArgs } from 'node:util'
import { err, ok } from '#src/base/result.ts'
import type { Result } from '#src/base/result.ts'
import type { Selection } from '#src/ir/selection.ts'
import type { Budget } from '#src/training/fuse.ts'
import type { PrepareOptions } from './prepare.ts'

export type CommandArguments = PrepareOptions & {
  readonly json: boolean
  readonly help: boolean
  readonly selection: Selection
  /** Nothing of earlier runs is used. */
  readonly fresh: boolean
  /** The last run of the document goes on where it was. */
  readonly resume: boolean
  readonly budget: Budget
  /** File with another price table; null for the one that comes with Tunegraph. */
  readonly prices: string | null
}

export const SHARED_HELP = `  --seed N          use this seed for every trainer, model and evaluation
  --backend URL     train on this server instead of the embedded backend
  --key-env NAME    environment variable that holds the server's key (default TINKER_API_KEY)
  --data DIR        keep checkpoints of the embedded backend and logs of runs in this folder; a later run with the same
                    folder takes over what has not changed (default: in memory)
  --prices FILE     price table as JSON in place of the built-in one
  --json            write one JSON object as the last line of standard output
  --help            show this`

export const RUN_HELP = `  --to NODE         run what this node needs, and the node itself
  --from NODE       run this node and all that follows anew
  --only NODE       run this node alone anew
  --fresh           use nothing of earlier runs, except what is pinned
  --resume          go on with the last run of this graph in the folder of --data, from the last state it saved
  --max-dollars N   stop at a step boundary, with the state saved, when so much is spent
  --max-tokens N    the same for tokens
  --max-minutes N   the same for time`

/** The error is a sentence for the person. */
function readArguments(args: string[]): Result<CommandArguments, string> {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        data: { type: 'string' },
        seed: { type: 'string' },
        backend: { type: 'string' },
        to: { type: 'string' },
        from: { type: 'string' },
        only: { type: 'string' },
        fresh: { type: 'boolean', default: false },
        resume: { type: 'boolean', default: false },
        prices: { type: 'string' },
        'max-dollars': { type: 'string' },
        'max-tokens': { type: 'string' },
        'max-minutes': { type: 'string' },
        'key-env': { type: 'string', default: 'TINKER_API_KEY' },
      },
    })
    const { help } = values
    if (!help && positionals.length !== 1) return err('Name one file, like examples/sft-to-rl.tunegraph.json.')
    if (values.seed !== undefined && !/^\d{1,10}$/.test(values.seed)) return err('--seed takes a whole number from 0.')
    if (values.backend !== undefined && !/^https?:\/\/[^/]/.test(values.backend))
      return err('--backend takes an address like https://host/path.')
    if (values.only !== undefined && (values.to !== undefined || values.from !== undefined))
      return err('--only stands alone: it cannot be joined with --to or --from.')
    if (values.resume && values.data === undefined) return err('--resume needs --data, the folder of the run.')
    if (values.resume && values.fresh) return err('--resume goes on with a run, --fresh begins one: choose.')
    const limits = ['max-dollars', 'max-tokens', 'max-minutes'] as const
    const wrong = limits.find((name) => values[name] !== undefined && !(Number(values[name]) > 0))
    if (wrong) return err(`--${wrong} takes a number above 0.`)
    const limit = (name: (typeof limits)[number]): number | null =>
      values[name] === undefined ? null : Number(values[name])
    const { to, from, only } = values
    return ok({
      file: positionals[0] ?? '',
      json: values.json,
      help,
      url: values.backend ?? null,
      keyEnv: values['key-env'],
      dataDir: values.data ?? null,
      selection: { ...(to ? { to } : {}), ...(from ? { from } : {}), ...(only ? { only } : {}) },
      fresh: values.fresh,
      resume: values.resume,
      budget: { dollars: limit('max-dollars'), tokens: limit('max-tokens'), minutes: limit('max-minutes') },
      prices: values.prices ?? null,
      seed: values.seed === undefined ? null : Number(values.seed),
    })
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error))
  }
}

/** What a command was asked to do; or, after saying why or how, the exit code with which it is done already. */
export function readCommand(args: string[], help: string): CommandArguments | number {
  const options = readArguments(args)
  if (!options.ok) {
    process.stderr.write(`${options.error}\n\n${help}`)
    return EXIT.usage
  }
  if (!options.value.help) return options.value
  process.stdout.write(help)
  return EXIT.ok
}

/** Options that `run` and `compile` share. */
import { parseArgs } from 'node:util'
import { err, ok } from '#src/base/result.ts'
import type { Result } from '#src/base/result.ts'
import type { PrepareOptions } from './prepare.ts'

export type CommandArguments = PrepareOptions & { readonly json: boolean; readonly help: boolean }

export const SHARED_HELP = `  --seed N          use this seed for every trainer, model and evaluation
  --backend URL     train on this server instead of the embedded backend
  --key-env NAME    environment variable that holds the server's key (default TINKER_API_KEY)
  --data DIR        keep the embedded backend's checkpoints in this folder (default: in memory)
  --json            write one JSON object as the last line of standard output
  --help            show this`

/** The error is a sentence for the person. */
export function readArguments(args: string[]): Result<CommandArguments, string> {
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
        'key-env': { type: 'string', default: 'TINKER_API_KEY' },
      },
    })
    const { help } = values
    if (!help && positionals.length !== 1) return err('Name one file, like examples/sft-to-rl.tunegraph.json.')
    if (values.seed !== undefined && !/^\d{1,10}$/.test(values.seed)) return err('--seed takes a whole number from 0.')
    if (values.backend !== undefined && !/^https?:\/\/[^/]/.test(values.backend))
      return err('--backend takes an address like https://host/path.')
    if (values.backend !== undefined && values.data !== undefined)
      return err('--data belongs to the embedded backend; it does nothing with --backend.')
    return ok({
      file: positionals[0] ?? '',
      json: values.json,
      help,
      url: values.backend ?? null,
      keyEnv: values['key-env'],
      dataDir: values.data ?? null,
      seed: values.seed === undefined ? null : Number(values.seed),
    })
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error))
  }
}

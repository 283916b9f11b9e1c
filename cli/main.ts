/** The command line: one file per command. `bin/tunegraph.mjs` builds this if needed and calls `main`. */
import { EXIT } from './exitCodes.ts'

export type Command = (args: string[]) => Promise<number>

/** Loaded when asked for: `compile` must not wait for the server's code. */
const COMMANDS: Readonly<Record<string, { readonly help: string; load(): Promise<{ readonly run: Command }> }>> = {
  start: {
    help: 'open the editor in a browser, served from this machine',
    load: () => import('#server/startCommand.ts'),
  },
  run: { help: 'carry out a graph: tunegraph run FILE [--json]', load: () => import('./runCommand.ts') },
  plan: {
    help: 'show what a run would do and cost: tunegraph plan FILE [--data DIR]',
    load: () => import('./planCommand.ts'),
  },
  compile: {
    help: 'show the plan of a graph: tunegraph compile FILE [--json]',
    load: () => import('./compileCommand.ts'),
  },
  serve: { help: 'serve the embedded Tinker API to other programs', load: () => import('#server/serveCommand.ts') },
}

/** Resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${overview()}\n`)
    return EXIT.ok
  }
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    const problem = name === undefined ? 'Say what to do.' : `There is no command "${name}".`
    process.stderr.write(`${problem}\n\n${overview()}\n`)
    return EXIT.usage
  }
  const { run } = await command.load()
  return run(rest)
}

function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { help }]) => `  ${name.padEnd(8)} ${help}`)
  return ['Usage: tunegraph COMMAND [options]', '', ...lines, '', 'tunegraph COMMAND --help says more.'].join('\n')
}

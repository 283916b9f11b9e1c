/** A module of our own as a page gets it: bundled from source, with its exports kept. */
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import type { Rolldown } from 'vite'

/** Ends with a slash. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const ID = 'virtual:entry'

/** The chunks of the bundle, entry first; imports inside `source` are absolute paths. */
export async function bundleModule(
  source: string,
  output: Rolldown.OutputOptions = {},
): Promise<[Rolldown.OutputChunk, ...Rolldown.OutputChunk[]]> {
  const built = (await build({
    root: ROOT,
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        resolveId: (asked) => (asked === ID ? ID : null),
        load: (asked) => (asked === ID ? source : null),
      },
    ],
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: ID, preserveEntrySignatures: 'strict', output },
    },
  })) as Rolldown.RolldownOutput
  const [entry, ...rest] = built.output
  return [entry, ...rest.filter((part) => part.type === 'chunk')]
}

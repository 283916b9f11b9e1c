/** TuFT from end to end with our client: the conversation, then what is particular to it, across a restart. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { converseWith } from '../conversation/drive.mjs'
import { seconds } from '../support/tally.mjs'
import { withTypeScript } from '../support/typescript.mjs'
import { KEYS, MODEL, startTuft, tuftPython, VERSION } from './server.mjs'

/** What it does not manage, and why. */
const KNOWN = {
  'let a checkpoint expire': 'it has no such route',
  unpublish: 'its route for deletions, which takes any path, comes first and answers 500 for …/publish',
}

export async function driveTuft(tally) {
  console.log(`\n— TuFT ${VERSION}`)
  const python = tuftPython()
  if (python === null) return tally.skip('TuFT', 'it cannot be installed here; the reason is above')
  const folder = mkdtempSync(join(tmpdir(), 'tunegraph-tuft-'))
  const from = Date.now()
  let server = await startTuft(python, folder)
  console.log(`  started in ${seconds(from)}`)
  try {
    await converseWith({ url: server.url, model: MODEL, key: KEYS.alice, limitMs: 60_000 }, tally, KNOWN)
    const world = {
      url: server.url,
      model: MODEL,
      keys: KEYS,
      /** As after a crash of the machine; comes back at the same address. */
      restart: async () => {
        await server.kill()
        server = await startTuft(python, folder, server.port)
      },
    }
    await withTypeScript(async (load) => {
      const { CASES } = await load('/tests/peers/tuft/cases.ts')
      for (const [name, run] of Object.entries(CASES)) {
        try {
          await run(world)
          tally.ok(name)
        } catch (error) {
          tally.fail(name, error.message)
        }
      }
    })
  } finally {
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

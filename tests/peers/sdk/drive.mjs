/** Drives `tunegraph serve` with the official Python SDK: the scripts beside this file, in the SDK's own words. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PEERS } from '../support/folders.mjs'
import { sdkPython, torchFolder } from '../support/python.mjs'
import { clientEnv, runScript } from '../support/scripts.mjs'
import { startTunegraph } from '../support/serve.mjs'

const folder = join(PEERS, 'sdk')
const scripts = readdirSync(folder).filter((name) => name.endsWith('.py') && name !== 'harness.py')

/** False when the SDK cannot be had. The server is killed after the scripts and started again for those about restarts. */
export async function driveSdk(version, tally, only) {
  const python = sdkPython(version)
  if (python === null) return false
  console.log(`\n— tinker ${version} on the embedded backend`)
  const wanted = only.length > 0 ? scripts.filter((name) => only.some((p) => p.endsWith(name))) : scripts
  const restarts = wanted.some((name) => name.startsWith('restart_'))
  const data = mkdtempSync(join(tmpdir(), 'tunegraph-peers-'))
  try {
    for (const after of [false, true]) {
      const names = wanted.filter((name) => name.startsWith('restart_') === after)
      if (names.length === 0) continue
      const server = await startTunegraph(join(data, 'server'))
      try {
        const env = {
          ...clientEnv(server.url, join(data, 'hub')),
          PEERS_TORCH: torchFolder(),
          PEER_STATE: join(data, 'state.json'),
        }
        for (const name of names) await runScript(python, [join(folder, name)], tally, { env })
      } finally {
        if (restarts && !after) await server.kill()
        else {
          const code = await server.stop()
          if (code !== 0) tally.fail('the server ends well', `it ended with ${code}`)
        }
      }
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
  return true
}

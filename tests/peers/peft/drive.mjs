/** The embedded backend against transformers and PEFT, which TuFT's environment has: exports, and the steps that lead to them. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PEERS, ROOT } from '../support/folders.mjs'
import { clientEnv, runScript } from '../support/scripts.mjs'
import { startTunegraph } from '../support/serve.mjs'
import { tuftPython } from '../tuft/server.mjs'

const folder = join(PEERS, 'peft')
const scripts = readdirSync(folder).filter((name) => name.endsWith('.py') && name !== 'common.py')

/** False when the environment cannot be had. `only` names scripts. */
export async function compareWithPeft(tally, only = []) {
  const python = tuftPython()
  if (python === null) return false
  console.log('\n— transformers and PEFT on what the embedded backend exports')
  const data = mkdtempSync(join(tmpdir(), 'tunegraph-peft-'))
  const server = await startTunegraph(join(data, 'server'))
  const env = {
    ...clientEnv(server.url, join(data, 'hub')),
    PEER_MODEL_FOLDER: join(ROOT, 'models', 'tunegraph-tiny-1m'),
  }
  try {
    for (const name of scripts.filter((name) => only.length === 0 || only.some((path) => path.endsWith(name))))
      await runScript(python, [join(folder, name)], tally, { env })
  } finally {
    const code = await server.stop()
    if (code !== 0) tally.fail('the server ends well', `it ended with ${code}`)
    rmSync(data, { recursive: true, force: true })
  }
  return true
}

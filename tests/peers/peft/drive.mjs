/** The embedded backend against transformers and PEFT, which TuFT's environment has: exports, and the steps that lead to them. */
import { spawnSync } from 'node:child_process'
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
  const wanted = (names) => names.filter((name) => only.length === 0 || only.some((path) => path.endsWith(name)))
  const own = { PEER_MODEL_FOLDER: join(ROOT, 'models', 'tunegraph-tiny-1m') }
  const serve = async (names, options, more) => {
    const server = await startTunegraph(mkdtempSync(join(data, 'server-')), { options })
    try {
      const env = { ...clientEnv(server.url, join(data, 'hub')), ...own, ...more }
      for (const name of names) await runScript(python, [join(folder, name)], tally, { env })
    } finally {
      const code = await server.stop()
      if (code !== 0) tally.fail('the server ends well', `it ended with ${code}`)
    }
  }
  try {
    const exports = wanted(scripts)
    if (exports.length > 0) await serve(exports, [], {})
    if (wanted(['imported.py']).length > 0) {
      const adapter = join(data, 'adapter')
      const env = { ...process.env, ...own, TINKER_API_KEY: 'tml-none' }
      const made = spawnSync(python, [join(folder, 'back', 'make.py'), adapter], { env, encoding: 'utf8' })
      if (made.status !== 0) tally.fail('make.py', made.stderr.trim().split('\n').at(-1))
      else await serve(['back/imported.py'], ['--adapter', `from-peft=${adapter}`], { PEER_ADAPTER: adapter })
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
  return true
}

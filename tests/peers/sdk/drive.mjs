/** Drives `tunegraph serve` with the official Python SDK: the scripts beside this file, in the SDK's own words. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PEERS } from '../support/folders.mjs'
import { sdkPython, torchFolder } from '../support/python.mjs'
import { startTunegraph } from '../support/serve.mjs'
import { seconds } from '../support/tally.mjs'

const SCRIPT_LIMIT_MS = 300_000
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
        for (const name of names) await runScript(python, name, server.url, data, tally)
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

async function runScript(python, name, url, data, tally) {
  console.log(`  ${name}`)
  const env = {
    ...process.env,
    TINKER_BASE_URL: url,
    TINKER_API_KEY: 'tml-local-peer',
    PEERS_TORCH: torchFolder(),
    HF_ENDPOINT: url,
    HF_HOME: join(data, 'hub'),
    PEER_STATE: join(data, 'state.json'),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONWARNINGS: 'ignore',
    TRANSFORMERS_VERBOSITY: 'error',
  }
  const child = spawn(python, [join(folder, name)], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const from = Date.now()
  const timer = setTimeout(() => child.kill('SIGKILL'), SCRIPT_LIMIT_MS)
  let counted = 0
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (tally.take(line)) counted++
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  console.log(`    ${seconds(from)}`)
  if (code !== 0 && code !== 1) tally.fail(name, `ended with ${code}`)
  else if (counted === 0) tally.fail(name, 'reported nothing')
}

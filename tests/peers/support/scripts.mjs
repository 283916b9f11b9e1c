/** Runs one Python script of cases and counts its verdicts. */
import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { seconds } from './tally.mjs'

const LIMIT_MS = 300_000

/** What the SDK and the tokenizers of transformers need to find everything at one server. */
export function clientEnv(url, hub) {
  return {
    TINKER_BASE_URL: url,
    TINKER_API_KEY: 'tml-local-peer',
    HF_ENDPOINT: url,
    HF_HOME: hub,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONWARNINGS: 'ignore',
    TRANSFORMERS_VERBOSITY: 'error',
  }
}

/** One `ok|skip|FAIL NAME` a line; a script that says nothing, or ends otherwise than with 0 or 1, has failed. */
export async function runScript(python, args, tally, { env = {}, cwd, limitMs = LIMIT_MS } = {}) {
  const name = basename(args[0])
  console.log(`  ${name}`)
  const child = spawn(python, args, { env: { ...process.env, ...env }, cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  const from = Date.now()
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
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

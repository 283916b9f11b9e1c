/**
 * Drives `tunegraph serve` with the official Python SDK: `node tests/peers/run.mjs [--sdk VERSION]… [--optional] [FILE.py…]`.
 * Each version gets a virtual environment under .cache/. Prints `N passed, N failed`; exit code 1 if anything failed,
 * 2 if Python or the SDK cannot be had (0 with --optional).
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const here = join(root, 'tests', 'peers')
/** The oldest version that speaks protobuf only, and the newest one known to pass. */
const VERSIONS = ['0.25.0', '0.38.0']
const CASE_LIMIT_MS = 300_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sdk: { type: 'string', multiple: true }, optional: { type: 'boolean' } },
})

const scripts = readdirSync(here).filter((name) => name.endsWith('.py') && name !== 'harness.py')
const wanted = positionals.length > 0 ? scripts.filter((name) => positionals.some((p) => p.endsWith(name))) : scripts
const total = { passed: 0, failed: 0 }

for (const version of values.sdk ?? VERSIONS) {
  const python = preparePython(version)
  if (python === null) process.exit(values.optional ? 0 : 2)
  console.log(`\n— tinker ${version}`)
  await drive(python)
}
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0)

/** Runs the scripts, kills the server, starts it again over the same data, and runs those that are about the restart. */
async function drive(python) {
  const data = mkdtempSync(join(tmpdir(), 'tunegraph-peers-'))
  try {
    for (const after of [false, true]) {
      const names = wanted.filter((name) => name.startsWith('restart_') === after)
      if (names.length === 0) continue
      const server = await startServer(join(data, 'server'))
      try {
        for (const name of names) await runScript(python, name, server.url, data)
      } finally {
        await (after || wanted.every((name) => !name.startsWith('restart_')) ? server.stop() : server.kill())
      }
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

function preparePython(version) {
  const folder = join(root, '.cache', 'peers', version)
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const ready = join(folder, 'ready')
  if (existsSync(ready)) return python
  mkdirSync(folder, { recursive: true })
  console.log(`installing tinker ${version} into .cache/peers/${version} …`)
  const steps = [
    ['python3', ['-m', 'venv', folder]],
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `tinker==${version}`]],
  ]
  for (const [command, args] of steps) {
    const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' })
    if (status === 0) continue
    console.error(`cannot prepare Python for tinker ${version}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`)
    return null
  }
  writeFileSync(ready, '')
  return python
}

async function startServer(data) {
  const args = [join(root, 'bin', 'tunegraph.mjs'), 'serve', '--port', '0', '--json', '--data', data]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = new Promise((resolve) => child.on('exit', resolve))
  const url = await new Promise((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`the server ended with ${code} before it listened`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const record = JSON.parse(line)
      if (record.event === 'listening') resolve(record.url)
      if (record.level === 'error') console.error(`  server: ${record.message ?? line}`)
    })
  })
  return {
    url,
    /** As when the machine loses power: nothing is tidied up. */
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
    async stop() {
      child.kill('SIGTERM')
      const code = await gone
      if (code !== 0) {
        console.error(`  the server ended with ${code}`)
        total.failed++
      }
    },
  }
}

async function runScript(python, name, url, data) {
  console.log(`  ${name}`)
  const env = {
    ...process.env,
    TINKER_BASE_URL: url,
    TINKER_API_KEY: 'tml-local-peer',
    HF_ENDPOINT: url,
    HF_HOME: join(data, 'hub'),
    PEER_STATE: join(data, 'state.json'),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONWARNINGS: 'ignore',
    TRANSFORMERS_VERBOSITY: 'error',
  }
  const child = spawn(python, [join(here, name)], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const from = Date.now()
  const timer = setTimeout(() => child.kill('SIGKILL'), CASE_LIMIT_MS)
  let counted = 0
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (/^(ok|skip|FAIL) /.test(line)) console.log(`    ${line}`)
    if (line.startsWith('ok ')) total.passed++
    if (line.startsWith('FAIL ')) total.failed++
    if (/^(ok|skip|FAIL) /.test(line)) counted++
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  console.log(`    ${((Date.now() - from) / 1000).toFixed(1)} s`)
  if (code !== 0 && code !== 1) {
    console.log(`    FAIL ${name} ended with ${code}`)
    total.failed++
  } else if (counted === 0) {
    console.log(`    FAIL ${name} reported nothing`)
    total.failed++
  }
}

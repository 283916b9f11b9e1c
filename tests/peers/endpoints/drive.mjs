/**
 * Every endpoint, asked by SDKs of every age: `node tests/peers/endpoints/drive.mjs [--write] [VERSION…]`. What the server
 * answered is read from its log; `--write` makes docs/endpoints.md from it.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ROOT } from '../support/folders.mjs'
import { sdkPython } from '../support/python.mjs'
import { startTunegraph } from '../support/serve.mjs'
import { endpointOf, page } from './report.mjs'

const SDKS = ['0.4.1', '0.8.0', '0.16.1', '0.18.2', '0.24.1', '0.25.0', '0.30.4', '0.38.0']
const LIMIT_MS = 300_000
/** Told to clients so that those who can take these ways do. */
const FLAGS = ['pjwt_auth_enabled=true', 'sample_use_retrieve_futures=true']

/** Statuses by endpoint, and the lines of the conversation. Null when the SDK cannot be installed. */
async function converse(version) {
  const python = sdkPython(version)
  if (python === null) return null
  const data = mkdtempSync(join(tmpdir(), 'tunegraph-endpoints-'))
  const answers = new Map()
  const onRecord = ({ event, method, path, status, sdk }) => {
    if (event !== 'request') return
    const endpoint = endpointOf(method, path)
    // Plain downloads come from no SDK, but from the conversation.
    if (endpoint === null || (sdk !== version && !path.includes('/downloads/'))) return
    answers.set(endpoint, [...(answers.get(endpoint) ?? []), status])
  }
  const options = FLAGS.flatMap((flag) => ['--flag', flag])
  const server = await startTunegraph(data, { options, onRecord })
  const lines = await talk(python, server.url, data)
  const code = await server.stop()
  rmSync(data, { recursive: true, force: true })
  if (code !== 0) lines.push(`FAIL the server ended with ${code}`)
  return { answers, lines }
}

async function talk(python, url, data) {
  const env = {
    ...process.env,
    TINKER_BASE_URL: url,
    TINKER_API_KEY: 'tml-local-peer',
    HF_ENDPOINT: url,
    HF_HOME: join(data, 'hub'),
    PYTHONDONTWRITEBYTECODE: '1',
  }
  const script = join(ROOT, 'tests', 'peers', 'endpoints', 'conversation.py')
  const errors = process.env.PEERS_VERBOSE === '1' ? 'inherit' : 'ignore'
  const child = spawn(python, [script], { env, stdio: ['ignore', 'pipe', errors] })
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  const lines = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (/^(ok|skip|FAIL) /.test(line)) lines.push(line)
    if (line.startsWith('FAIL')) console.log(`    ${line}`)
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  if (code !== 0 && code !== 1) lines.push(`FAIL the conversation ended with ${code}`)
  return lines
}

const write = process.argv.includes('--write')
const named = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const results = new Map()
let [passed, failed] = [0, 0]
for (const version of named.length > 0 ? named : SDKS) {
  const result = await converse(version)
  if (result === null) process.exit(2)
  results.set(version, result)
  const count = (word) => result.lines.filter((line) => line.startsWith(word)).length
  passed += count('ok ')
  failed += count('FAIL ')
  console.log(
    `tinker ${version}: ${count('ok ')} passed, ${count('skip ')} not in this version, ${count('FAIL ')} failed`,
  )
}
if (write) writeFileSync(join(ROOT, 'docs', 'endpoints.md'), page(results, new Date().toISOString().slice(0, 10)))
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

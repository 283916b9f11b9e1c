/**
 * The official SDK as oracle: both clients play the same scenarios against the embedded backend behind a recorder, and must
 * have sent the same requests. Where SDK versions differ, ours must agree with one of them, and the line says with which.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PEERS } from '../support/folders.mjs'
import { sdkPython, torchFolder } from '../support/python.mjs'
import { startTunegraph } from '../support/serve.mjs'
import { seconds } from '../support/tally.mjs'
import { withTypeScript } from '../support/typescript.mjs'
import { startDecoder } from './decoder.mjs'
import { allDeviations, isIgnored } from './deviations.mjs'
import { differences, resultDifferences } from './differ.mjs'
import { normalise, renamed } from './normalise.mjs'
import { PLANS } from './plans.mjs'
import { startRecorder } from './recorder.mjs'

const KEY = 'tml-oracle'

/** False when an SDK cannot be had. `only` names scenarios; none means all. */
export async function compareWithSdk(versions, tally, only) {
  const pythons = versions.map(sdkPython)
  if (pythons.includes(null)) return false
  console.log(`\n— oracle: our client and tinker ${versions.join(', ')}`)
  const data = mkdtempSync(join(tmpdir(), 'tunegraph-oracle-'))
  const server = await startTunegraph(data)
  const decoder = startDecoder(pythons.at(-1))
  const recorder = await startRecorder({ upstream: server.url, decoder, plans: PLANS })
  try {
    const told = async (who, playing) => {
      const from = Date.now()
      const played = await playing
      console.log(`  ${who} played ${played.size} scenarios in ${seconds(from)}`)
      return played
    }
    // Most of the time is spent waiting before repeats, so all play at once.
    const [ours, ...others] = await Promise.all([
      told('our client', playInTypeScript(`${recorder.url}/ours`, only)),
      ...versions.map((version, i) =>
        told(`tinker ${version}`, playInPython(pythons[i], `${recorder.url}/${version}`, only)),
      ),
    ])
    const theirs = new Map(versions.map((version, i) => [version, others[i]]))
    const used = new Set()
    for (const name of new Set([...ours.keys(), ...[...theirs.values()].flatMap((played) => [...played.keys()])]))
      judge(name, ours.get(name), versions, theirs, recorder, used, tally)
    if (only.length === 0)
      for (const one of allDeviations())
        if (!used.has(one)) tally.fail('deviations are needed', `nothing needs “${one.reason}” (${one.name ?? one.at})`)
  } finally {
    decoder.stop()
    await recorder.stop()
    await server.stop()
    rmSync(data, { recursive: true, force: true })
  }
  return true
}

function judge(name, mine, versions, theirs, recorder, used, tally) {
  if (mine === undefined) return tally.fail(name, 'our client has no such scenario')
  if (mine.error !== undefined) return tally.fail(name, `our client: ${mine.error}`)
  const equal = []
  const lines = []
  for (const version of versions) {
    const other = theirs.get(version).get(name)
    if (other === undefined || other.error !== undefined) {
      lines.push(`${version}: ${other?.error ?? 'has no such scenario'}`)
      continue
    }
    if (other.skipped !== undefined) {
      lines.push(`${version}: ${other.skipped}`)
      continue
    }
    const needed = new Set()
    const ignores = (path, before) => isIgnored(path, before, version, needed)
    const own = normalise(recorder.recording('ours', name), ignores)
    const their = normalise(recorder.recording(version, name), ignores)
    const found = [
      ...differences(own, their, version, needed),
      ...resultDifferences(renamed(mine.result, own.labels), renamed(other.result, their.labels)),
    ]
    if (found.length === 0) {
      equal.push(version)
      for (const one of needed) used.add(one)
    } else lines.push(...found.map((line) => `${version}: ${line}`))
  }
  if (equal.length === versions.length) return tally.ok(name)
  if (equal.length > 0) return tally.ok(`${name} (as ${equal.join(', ')}; ${lines.slice(0, 3).join('; ')})`)
  if (versions.every((version) => theirs.get(version).get(name)?.skipped !== undefined))
    return tally.skip(name, lines[0])
  return tally.fail(name, `\n        ${lines.join('\n        ')}`)
}

async function playInPython(python, url, only) {
  const env = {
    ...process.env,
    TINKER_TELEMETRY: '0',
    PEERS_TORCH: torchFolder(),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONWARNINGS: 'ignore',
    TINKER_API_KEY: '',
    TINKER_BASE_URL: '',
  }
  const child = spawn(python, [join(PEERS, 'oracle', 'run.py'), url, KEY, ...only], {
    env,
    stdio: ['ignore', 'pipe', process.env.PEERS_VERBOSE ? 'inherit' : 'ignore'],
  })
  const played = new Map()
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{"scenario"')) return
    const { scenario, ...rest } = JSON.parse(line)
    played.set(scenario, rest)
  })
  await new Promise((resolve) => child.on('close', resolve))
  return played
}

async function playInTypeScript(url, only) {
  return withTypeScript(async (load) => {
    const { SCENARIOS, play } = await load('/tests/peers/oracle/scenarios/all.ts')
    const played = new Map()
    for (const name of Object.keys(SCENARIOS)) {
      if (only.length > 0 && !only.includes(name)) continue
      played.set(name, await play(name, `${url}/${name}`, KEY))
    }
    return played
  })
}

/** A server that is killed at any moment leaves whole checkpoints, all that it had promised, and a folder that works. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomIds } from '#src/base/ids.ts'
import { seededRng } from '#src/base/rng.ts'
import { decodeAdapter } from '#src/backend/service/adapterFile.ts'
import { backendClient } from '#src/backend/service/testing/backendClient.ts'
import { checkpointStore } from '#src/backend/storage/checkpointStore.ts'
import { folderStore } from './folderStore.ts'

const SEEDS = 30
const AT_ONCE = 3
const LATEST_KILL_MS = 150

let scratch: string

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tunegraph-killed-'))
  const root = fileURLToPath(new URL('..', import.meta.url))
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    resolve: { alias: { '#src': join(root, 'src') } },
    ssr: { noExternal: /^(?!node:)/ },
    build: {
      ssr: 'server/testing/savingChild.ts',
      target: 'node20',
      outDir: scratch,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: 'child.mjs' } },
    },
  })
}, 60_000)
afterAll(() => rm(scratch, { recursive: true, force: true }))

/** Runs a child until it is killed; what it had said by then. */
async function killedAt(folder: string, seed: number, ms: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(scratch, 'child.mjs'), folder, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  let doomed = false
  const lines = createInterface({ input: child.stdout })
  const ended = new Promise((resolve) => lines.on('close', resolve))
  lines.on('line', (line) => {
    said.push(line)
    // Half of them in their first saves, half with something to lose.
    if (line.startsWith(seed % 2 === 0 ? 'model ' : 'saved ') && !doomed) {
      doomed = true
      setTimeout(() => child.kill('SIGKILL'), ms)
    }
  })
  await ended
  return said
}

test(`whole checkpoints after ${SEEDS} kills at random moments`, { timeout: 120_000 }, async () => {
  const rng = seededRng(20261122)
  const plans = Array.from({ length: SEEDS }, (_, seed) => ({ seed, ms: rng.int(LATEST_KILL_MS) }))
  let saved = 0
  const one = async ({ seed, ms }: { seed: number; ms: number }): Promise<void> => {
    const folder = join(scratch, `data-${seed}`)
    const said = await killedAt(folder, seed, ms)
    expect(said[0], `seed ${seed}`).toMatch(/^model /)
    const store = checkpointStore(folderStore(folder), () => Date.now(), randomIds)
    const found = await store.list()
    for (const checkpoint of found) {
      const data = await store.read(checkpoint)
      expect(data.ok, `seed ${seed}: ${checkpoint.name}`).toBe(true)
      if (data.ok) expect(Object.keys(decodeAdapter(data.value, checkpoint.name).tensors).length).toBeGreaterThan(0)
    }
    const paths = new Set(
      found.map((c) => `tinker://${c.run_id}/${c.type === 'training' ? 'weights' : 'sampler_weights'}/${c.name}`),
    )
    const deleted = new Set(said.filter((line) => line.startsWith('deleting ')).map((line) => line.slice(9)))
    const promised = said.filter((line) => line.startsWith('saved ')).map((line) => line.slice(6))
    for (const path of promised) if (!deleted.has(path)) expect(paths, `seed ${seed} at ${ms} ms`).toContain(path)
    saved += promised.length
    const later = checkpointStore(folderStore(folder), () => Date.now() + 7_200_000, randomIds)
    await later.sweep()
    expect(await folderStore(folder).list('data/')).toHaveLength(found.length)
  }
  for (let i = 0; i < plans.length; i += AT_ONCE) await Promise.all(plans.slice(i, i + AT_ONCE).map(one))
  // Every second one was killed only after its first save was announced; how many followed depends on the machine.
  expect(saved).toBeGreaterThanOrEqual(SEEDS / 2)

  // The last folder serves on: a state is trained on from where it was.
  const withState = plans.find(({ seed }) => seed % 2 === 1)!
  const client = backendClient({ storage: folderStore(join(scratch, `data-${withState.seed}`)), ids: randomIds })
  const listed = (await client.call('GET', 'checkpoints')).body['checkpoints'] as { tinker_path: string }[]
  const state = listed.find(({ tinker_path }) => tinker_path.includes('/weights/'))!
  const session_id = (await client.post('create_session', {})).body['session_id']
  const load = { session_id, model_seq_id: 0, path: state.tinker_path, optimizer: true }
  expect(await client.run('load_weights', load)).toHaveProperty('model_id')
  await client.backend.close()
})

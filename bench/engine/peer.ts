/**
 * The engine against PyTorch and transformers on the same model folders, both with two threads, calls in turn. Compared by
 * processor time: threads that wait for each other, as PyTorch's do, lose many times their work on a busy machine.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { loadEngine } from '#src/backend/engine/index.ts'
import type { SpawnWorker } from '#src/backend/engine/index.ts'
import { modelFiles, randomData, SIZES } from './models.ts'
import { ADAPTER, SAMPLE, step } from './work.ts'
import { atLeast, cpuSeconds, median, noted, wallSeconds } from './timing.ts'
import type { Row } from './timing.ts'

const THREADS = 2
const TOKENS = 24
const ROUNDS = 3
/** Rounds end early when they take this long; one is measured whatever it takes. */
const MOST_MS = 25_000

type Name = 'S' | 'M'
type Spent = { wall: number; processor: number }
type Peer = { version: string; ask(line: string): Promise<unknown>; stop(): void }

export async function againstTorch(spawnWorker: SpawnWorker): Promise<Row[]> {
  const python = pythonWithTorch()
  if (python === null) return [noted('PyTorch: not compared, as no Python with PyTorch was found', 0)]
  const folder = await mkdtemp(join(tmpdir(), 'tunegraph-bench-'))
  try {
    const folders = await Promise.all([writeModel(folder, 'S'), writeModel(folder, 'M')])
    const peer = await startPeer(python, folders)
    try {
      return [
        ...(await compare(peer, 'S', folders[0], spawnWorker)),
        ...(await compare(peer, 'M', folders[1], spawnWorker)),
      ]
    } finally {
      peer.stop()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function compare(peer: Peer, name: Name, folder: string, spawnWorker: SpawnWorker): Promise<Row[]> {
  const size = SIZES[name]
  const engine = await loadEngine(modelFiles(size), { shards: THREADS, spawn: spawnWorker })
  const id = engine.createAdapter(ADAPTER)
  const data = randomData(16, () => 128, size.vocab)
  const prompt = Int32Array.from([1, 2, 3, 4, 5, 6, 7, 8])
  const ours = { step: [] as Spent[], sample: [] as Spent[] }
  const theirs = { step: [] as Spent[], sample: [] as Spent[] }
  const from = performance.now()
  for (let round = -1; round < ROUNDS && (round < 1 || performance.now() - from < MOST_MS); round++) {
    const spent = {
      step: await spentOn(() => step(engine, id, data)),
      sample: await spentOn(() => engine.sample(id, prompt, 1, { ...SAMPLE, maxTokens: TOKENS })),
      torchStep: (await peer.ask(`step ${folder}`)) as Spent,
      torchSample: (await peer.ask(`sample ${folder} ${TOKENS}`)) as Spent,
    }
    if (round < 0) continue
    ours.step.push(spent.step)
    ours.sample.push(spent.sample)
    theirs.step.push(spent.torchStep)
    theirs.sample.push(spent.torchSample)
  }
  engine.close()
  const ratio = (what: 'step' | 'sample', clock: keyof Spent): number =>
    median(theirs[what].map((s) => s[clock])) / median(ours[what].map((s) => s[clock]))
  const label = `PyTorch ${peer.version}, ${THREADS} threads each`
  return [
    atLeast(`${name} step ÷ ${label}, processor time`, ratio('step', 'processor'), 0.5),
    noted(`${name} step ÷ ${label}, by the clock`, ratio('step', 'wall')),
    atLeast(`${name} sampling 1 sequence ÷ transformers generate, processor time`, ratio('sample', 'processor'), 1),
    noted(`${name} sampling 1 sequence ÷ transformers generate, by the clock`, ratio('sample', 'wall')),
  ]
}

async function spentOn(work: () => unknown): Promise<Spent> {
  let wall = 0
  const processor = await cpuSeconds(async () => {
    wall = await wallSeconds(work)
  })
  return { wall, processor }
}

/** An interpreter that has PyTorch: the one named by PEER_PYTHON, or that of a peer which `npm run test:peers` installed. */
function pythonWithTorch(): string | null {
  const named = process.env['PEER_PYTHON']
  if (named !== undefined) return named
  const peers = fileURLToPath(new URL('../../.cache/peers/', import.meta.url))
  if (!existsSync(peers)) return null
  const found = readdirSync(peers).find((name) => {
    const lib = join(peers, name, 'lib')
    return existsSync(lib) && readdirSync(lib).some((v) => existsSync(join(lib, v, 'site-packages/torch')))
  })
  return found === undefined ? null : join(peers, found, 'bin/python')
}

async function writeModel(parent: string, name: Name): Promise<string> {
  const folder = join(parent, name)
  const { config, weights } = modelFiles(SIZES[name])
  await mkdir(folder)
  const named = { architectures: ['Qwen3ForCausalLM'], ...(config as object), torch_dtype: 'float32' }
  await writeFile(join(folder, 'config.json'), JSON.stringify(named))
  await writeFile(join(folder, 'model.safetensors'), weights)
  return folder
}

async function startPeer(python: string, folders: readonly string[]): Promise<Peer> {
  const script = fileURLToPath(new URL('./peer.py', import.meta.url))
  const child = spawn(python, [script, String(THREADS), ...folders], { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
  const waiting: { resolve(value: unknown): void; reject(error: Error): void }[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)))
  child.on('exit', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`PyTorch's side ended with ${code}: ${complaint}`))
  })
  const next = (): Promise<unknown> => new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  const { torch: version } = (await next()) as { torch: string }
  return {
    version,
    ask(line) {
      child.stdin.write(line + '\n')
      return next()
    },
    stop: () => void child.kill(),
  }
}

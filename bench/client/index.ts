/** Our client against the official Python SDK, in turn, over real HTTP to a server that answers at once. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { atLeast, median, noted } from '../engine/timing.ts'
import { drive } from './driven.ts'
import { bundleClient, preparePython, writeAnswers } from './prepare.ts'
import type { Row } from '../engine/timing.ts'
import type { Driven, Measured } from './driven.ts'

/** The oldest SDK that speaks protobuf only, and the newest that is known to pass our peers. */
const SDKS = ['0.25.0', '0.38.0']
const BATCH = { datums: 32, length: 128 }
const PROMPT = 256

/** So many times, not for so long: on a busy machine both sides then still do the same, equally warm. */
type Task = {
  readonly name: string
  readonly unit: string
  readonly count: number
  /** Many short ones in turn: what else the machine does then hits all clients alike. */
  readonly rounds: number
  readonly command: object
}

const TASKS: readonly Task[] = [
  { name: 'SFT steps 32×128', unit: 'steps/s', count: 25, rounds: 8, command: { command: 'train', ...BATCH } },
  ...[
    [1, 40, 6],
    [64, 400, 3],
    [1000, 1200, 3],
  ].map(([inFlight, count, rounds]) => ({
    name: `samples, ${inFlight} in flight`,
    unit: 'requests/s',
    count: count!,
    rounds: rounds!,
    command: { command: 'sample', inFlight, prompt: PROMPT },
  })),
]
const LONE_STEPS = 60

type Client = { readonly name: string; readonly driven: Driven }

/** Called by bench/run.mjs. */
export async function bench({ log = () => {} }: { log?: (line: string) => void } = {}): Promise<Row[]> {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const here = join(root, 'bench', 'client')
  const folder = await mkdtemp(join(tmpdir(), 'tunegraph-bench-'))
  const running: Driven[] = []
  const start = async (command: string, ...args: string[]): Promise<Driven> => {
    const driven = await drive(command, args, root)
    running.push(driven)
    return driven
  }
  try {
    const bundle = await bundleClient(root, folder)
    const server = await start(
      process.execPath,
      join(here, 'instantServer.mjs'),
      await writeAnswers(folder, BATCH.datums, BATCH.length),
    )
    const url = server.first['url'] as string
    const clients: Client[] = [
      { name: 'ours', driven: await start(process.execPath, join(here, 'ours.mjs'), url, bundle) },
    ]
    for (const version of SDKS) {
      const python = await preparePython(root, version, log)
      if (python !== null) clients.push({ name: version, driven: await start(python, join(here, 'sdk.py'), url) })
    }
    if (clients.length === 1)
      throw new Error('no Python SDK to compare with: neither of its versions could be installed')
    return await compare(clients, url, log)
  } finally {
    await Promise.all(running.map((driven) => driven.stop()))
    await rm(folder, { recursive: true })
  }
}

async function compare(clients: readonly Client[], url: string, log: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = []
  const add = (row: Row): void => {
    log(`${row.name}: ${row.value} (${row.goal})`)
    rows.push(row)
  }
  for (const { name, unit, count, rounds, command } of TASKS) {
    const measured = await measure(clients, { ...command, count }, rounds)
    // The best round is the least disturbed one: others on the machine can only slow a client down.
    const rates = new Map(
      [...measured].map(([client, all]) => [client, Math.max(...all.map(({ wall }) => count / wall))]),
    )
    const costs = new Map([...measured].map(([client, all]) => [client, median(all.map(({ cpu }) => cpu / count))]))
    const sdks = clients.slice(1).map((client) => client.name)
    for (const client of clients) add(noted(`${name}: ${titleOf(client.name)}, ${unit}`, rates.get(client.name)!))
    for (const sdk of sdks) {
      add(atLeast(`${name}: ours ÷ SDK ${sdk}`, rates.get('ours')! / rates.get(sdk)!, 2))
      add(atMost(`${name}: processor time of ours ÷ SDK ${sdk}`, costs.get('ours')! / costs.get(sdk)!, 0.5))
    }
  }
  for (const row of await overheads(clients, url)) add(row)
  for (const { name, driven } of clients) {
    const { peakMiB } = await driven.ask({ command: 'sample', count: 0, inFlight: 1, prompt: 1 })
    add(noted(`peak memory: ${titleOf(name)}, MiB`, peakMiB))
  }
  return rows
}

/** One round of warming up, then the clients in turn. */
async function measure(clients: readonly Client[], command: object, rounds: number): Promise<Map<string, Measured[]>> {
  const measured = new Map<string, Measured[]>(clients.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const { name, driven } of clients) {
      const result = await driven.ask(command)
      if (round >= 0) measured.get(name)!.push(result)
    }
  }
  return measured
}

/** Time of one step alone, less what the server itself needed for it. */
async function overheads(clients: readonly Client[], url: string): Promise<Row[]> {
  const rows: Row[] = []
  for (const { name, driven } of clients) {
    await fetch(`${url}/stats`)
    const { took } = await driven.ask({ command: 'steps', count: LONE_STEPS, ...BATCH })
    const { busySeconds } = (await (await fetch(`${url}/stats`)).json()) as { busySeconds: number }
    const sorted = took!.toSorted((a, b) => a - b)
    const own = (busySeconds * 1000) / LONE_STEPS
    for (const [word, share] of [
      ['p50', 0.5],
      ['p95', 0.95],
    ] as const) {
      const value = sorted[Math.floor(sorted.length * share)]! - own
      rows.push(noted(`overhead of a step, ${word}: ${titleOf(name)}, ms`, value))
    }
  }
  return rows
}

function titleOf(name: string): string {
  return name === 'ours' ? 'ours' : `SDK ${name}`
}

function atMost(name: string, value: number, ceiling: number): Row {
  const rounded = Math.round(value * 1000) / 1000
  return { name, value: rounded, goal: `≤ ${ceiling}`, holds: rounded <= ceiling }
}

/**
 * Compiling large drawings: whole, after one edit, and a sweep of many trials. Measured is a production bundle, made as the
 * command line's is, in a fresh process for each task: code as vite's server transforms it calls every import through a
 * getter, which users never run. The 95th percentile is that of a warm process, after as many compiles as `warm` says; the
 * first compile of a process, when the engine has compiled nothing yet, stands beside it. Rounds during which the machine was
 * busy with others do not count (`control.ts`). Gates are exponents and counters.
 */
import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import type { EditRun, SweepRun, Times, WholeRun } from './measured.ts'

type Row = {
  readonly name: string
  readonly value: number
  readonly goal: string
  readonly holds: boolean
  /** False for times: they depend on the machine, so missing one does not fail the bench. */
  readonly gate?: false
}
type Log = (line: string) => void

const SIZES = [200, 1000, 10_000] as const
/** Milliseconds, 95th percentile, as the product's goals have them. */
const WHOLE: Readonly<Record<(typeof SIZES)[number], number>> = { 200: 10, 1000: 25, 10_000: 250 }
const EDIT = 5
const SWEEP = 100
const EXPONENT = 1.2

const root = fileURLToPath(new URL('../..', import.meta.url))
const outDir = join(root, 'dist/bench-compile')

export async function bench({ log }: { readonly log: Log }): Promise<readonly Row[]> {
  await bundle()
  try {
    return measure(log)
  } finally {
    await rm(outDir, { recursive: true, force: true })
  }
}

function measure(log: Log): readonly Row[] {
  const rows: Row[] = []
  const wholes = SIZES.map((size) => {
    const run = inOwnProcess<WholeRun>(`${size}`)
    say(log, `${size} nodes`, run)
    rows.push(within(`compile ${size} nodes, p95 ms`, p95(run.times), WHOLE[size]))
    rows.push(reported(`compile ${size} nodes, first of a process, ms`, run.first))
    return run
  })
  const errors = wholes.reduce((sum, run) => sum + run.errors, 0)
  const medians = wholes.map((run) => median(run.times))
  const one = inOwnProcess<EditRun>('edit')
  say(log, 'one edit at 1,000 nodes', one)
  const sweep = inOwnProcess<SweepRun>('sweep')
  say(log, 'sweep of 500 trials', sweep)
  return [
    gate('errors in the drawings', errors, 0),
    ...rows,
    gate('exponent of compile time', slope(SIZES.map(Math.log), medians.map(Math.log)), EXPONENT),
    within('one edit at 1,000 nodes, p95 ms', p95(one.times), EDIT),
    gate('nodes lowered beyond touched and downstream', one.beyond, 0),
    gate('edits whose bytes differ from a whole compile', one.differing, 0),
    { name: 'stages of a sweep of 500 trials', value: sweep.stages, goal: '≥ 500', holds: sweep.stages >= 500 },
    within('plan of a sweep of 500 trials, p95 ms', p95(sweep.times), SWEEP),
    reported('plan of a sweep of 500 trials, first of a process, ms', sweep.first),
  ]
}

/** The same settings as `scripts/build.mjs` has for the command line. */
async function bundle(): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    resolve: { alias: Object.fromEntries(['src', 'nodes'].map((room) => [`#${room}`, join(root, room)])) },
    ssr: { noExternal: /^(?!node:)/ },
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      emptyOutDir: true,
      minify: false,
      rolldownOptions: {
        input: { measured: join(root, 'bench/compile/measured.ts') },
        output: { format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  })
}

function inOwnProcess<T>(task: string): T {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(outDir, 'measured.js'), root, task], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`measuring ${task} failed: ${stderr}`)
  return JSON.parse(stdout) as T
}

function say(log: Log, what: string, { times, warm, first, rejected }: Times): void {
  const [middle, high] = [median(times), p95(times)].map((ms) => ms.toFixed(1))
  log(
    `${what}: median ${middle} ms, p95 ${high} ms of ${times.length} after ${warm} warm ones; first ${first.toFixed(0)} ms; ${rejected} more beside a busy neighbour`,
  )
}

function p95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * 0.95))]!
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

/** Of the least-squares line through the points. */
function slope(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [mx, my] = [mean(xs), mean(ys)]
  const over = xs.reduce((sum, x, i) => sum + (x - mx) * (ys[i]! - my), 0)
  return over / xs.reduce((sum, x) => sum + (x - mx) ** 2, 0)
}

function within(name: string, value: number, goal: number): Row {
  const rounded = Math.round(value * 10) / 10
  return { name, value: rounded, goal: `≤ ${goal}`, holds: rounded <= goal, gate: false }
}

function reported(name: string, value: number): Row {
  return { name, value: Math.round(value * 10) / 10, goal: 'reported', holds: true }
}

function gate(name: string, value: number, most: number): Row {
  const rounded = Math.round(value * 1000) / 1000
  return { name, value: rounded, goal: `≤ ${most}`, holds: rounded <= most }
}

/**
 * Compiling large drawings: whole, after one edit, and a sweep of many trials. Measured is a production bundle, made as the
 * command line's is, in a fresh process for each task: code as vite's server transforms it calls every import through a
 * getter, which users never run. The 95th percentile is that of a warm process, after as many compiles as `warm` says; the
 * first compile of a process, when the engine has compiled nothing yet, stands beside it. Goals are
 * held against the clock; what the same rounds would have taken at the pace of the run's quickest moment (`Round.json`)
 * is reported. Gates are exponents, counters and multiples.
 */
import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import type { EditRun, Round, SweepRun, Times, WholeRun } from './measured.ts'

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
/** A whole compile ÷ writing the same drawing as JSON and reading it. */
const MULTIPLE = 2

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
    rows.push(...timesOf(`compile ${size} nodes`, run, WHOLE[size]))
    rows.push(gate(`compile ${size} nodes ÷ its JSON written and read`, median(multiples(run)), MULTIPLE))
    return run
  })
  const errors = wholes.reduce((sum, run) => sum + run.errors, 0)
  const medians = wholes.map((run) => median(run.rounds.map(({ ms }) => ms)))
  const one = inOwnProcess<EditRun>('edit')
  say(log, 'one edit at 1,000 nodes', one)
  const sweep = inOwnProcess<SweepRun>('sweep')
  say(log, 'sweep of 500 trials', sweep)
  return [
    gate('errors in the drawings', errors, 0),
    ...rows,
    gate('exponent of compile time', slope(SIZES.map(Math.log), medians.map(Math.log)), EXPONENT),
    ...timesOf('one edit at 1,000 nodes', one, EDIT),
    gate('nodes lowered beyond touched and downstream', one.beyond, 0),
    gate('edits whose bytes differ from a whole compile', one.differing, 0),
    { name: 'stages of a sweep of 500 trials', value: sweep.stages, goal: '≥ 500', holds: sweep.stages >= 500 },
    ...timesOf('plan of a sweep of 500 trials', sweep, SWEEP),
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

function say(log: Log, what: string, run: Times): void {
  const paced = atPace(run)
  const clock = run.rounds.map(({ ms }) => ms)
  const [middle, high, quick] = [median(clock), p95(clock), p95(paced)].map((ms) => ms.toFixed(1))
  log(
    `${what}: median ${middle} ms, p95 ${high} ms of ${clock.length} after ${run.warm} warm ones; at the quickest pace p95 ${quick} ms; first ${run.first.toFixed(0)} ms`,
  )
}

function timesOf(what: string, run: Times, goal: number): readonly Row[] {
  const clock = run.rounds.map(({ ms }) => ms)
  return [
    within(`${what}, p95 ms`, p95(clock), goal),
    reported(`${what}, p95 ms at the quickest pace`, p95(atPace(run))),
    reported(`${what}, first of a process, ms`, run.first),
  ]
}

/** What each round would have taken at the pace of the run's quickest moment. */
function atPace({ rounds }: Times): readonly number[] {
  const quickest = Math.min(...rounds.map(({ json }) => json))
  return rounds.map(({ ms, json }) => (ms * quickest) / json)
}

function multiples({ rounds }: { readonly rounds: readonly Round[] }): readonly number[] {
  return rounds.map(({ ms, json }) => ms / json)
}

/** Nearest rank: the smallest value that 95 of 100 do not exceed. */
function p95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1]!
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

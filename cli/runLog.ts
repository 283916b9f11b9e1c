/** Logs of headless runs in the data folder: one file of JSON lines each, read again so that nothing need run twice. */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunId } from '#src/base/ids.ts'
import { err, ok } from '#src/base/result.ts'
import type { Result } from '#src/base/result.ts'
import { parsePlan } from '#src/ir/parsePlan.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import { finishedStages, unfinishedStages } from '#src/ir/reuse.ts'
import type { FinishedStage, UnfinishedStage } from '#src/ir/reuse.ts'
import type { BackendRef, RunEvent } from '#src/ir/runEvent.ts'
import { reduceRun } from '#src/ir/runState.ts'
import type { RunState } from '#src/ir/runState.ts'

/** Older runs are still on disk, but nobody waits for thousands of them to be read. */
const MOST_RUNS = 200

export type RunLog = {
  /** Events that are in it already. */
  readonly length: number
  append(event: RunEvent): void
}

/** A new log, or that of a run that goes on. */
export async function openRunLog(dataDir: string, run: RunId): Promise<RunLog> {
  const folder = join(dataDir, 'runs')
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${run}.jsonl`)
  const lines = wholeLines(await readFile(file, 'utf8').catch(() => ''))
  // Half a line of a process that was killed would hide what is written behind it.
  if (lines.length > 0) await writeFile(file, `${lines.join('\n')}\n`)
  // Written before the run goes on, so that a process that is killed leaves what it did.
  return { length: lines.length, append: (event) => appendFileSync(file, `${JSON.stringify(event)}\n`) }
}

/**
 * The last run of a document, if it can go on with this plan.
 * @param states earlier runs, the newest first
 */
export function runToResume(
  states: readonly RunState[],
  docId: string,
  plan: Pick<Plan, 'hash'>,
): Result<RunState, string> {
  const last = states.find((state) => state.docId === docId)
  if (!last) return err('There is no run of this graph in the folder.')
  if (last.phase === 'finished') return err('The last run of this graph has finished.')
  if (last.plan.hash !== plan.hash)
    return err(
      'The graph has changed since its last run: run it without --resume, and what has not changed is taken over.',
    )
  return ok(last)
}

/** What stages of earlier runs have left, the newest first, and which of them ended early. */
export function stagesOf(states: readonly RunState[]): {
  readonly stages: readonly FinishedStage[]
  readonly unfinished: readonly UnfinishedStage[]
} {
  return { stages: states.flatMap(finishedStages), unfinished: unfinishedStages(states) }
}

/** Earlier runs on the same server, the newest first. Files that cannot be read are passed over. */
export async function earlierRuns(dataDir: string, backend: BackendRef): Promise<readonly RunState[]> {
  const folder = join(dataDir, 'runs')
  const names = await readdir(folder).catch(() => [])
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith('.jsonl'))
      .map(async (name) => ({ path: join(folder, name), at: (await stat(join(folder, name))).mtimeMs, name })),
  )
  const newest = files.sort((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1)).slice(0, MOST_RUNS)
  const states = await Promise.all(newest.map(({ path }) => readRun(path)))
  return states.filter((state): state is RunState => state !== null && sameServer(state.backend, backend))
}

async function readRun(path: string): Promise<RunState | null> {
  let state: RunState | null = null
  for (const line of wholeLines(await readFile(path, 'utf8'))) {
    let event = JSON.parse(line) as RunEvent
    if (event.type === 'runStarted') {
      const plan = parsePlan(event.plan)
      if (!plan.ok) return null
      event = { ...event, plan: plan.value }
    }
    state = reduceRun(state, event)
  }
  return state
}

/** Lines up to the first that is no JSON: the last of a process that was killed while writing. */
function wholeLines(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '')
  const broken = lines.findIndex((line) => !isJson(line))
  return broken < 0 ? lines : lines.slice(0, broken)
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

function sameServer(a: BackendRef, b: BackendRef): boolean {
  return a.type === b.type && a.url === b.url
}

/** Logs of headless runs in the data folder: one file of JSON lines each, read again so that nothing need run twice. */
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunId } from '#src/base/ids.ts'
import { parsePlan } from '#src/ir/parsePlan.ts'
import { finishedStages, unfinishedStages } from '#src/ir/reuse.ts'
import type { FinishedStage, UnfinishedStage } from '#src/ir/reuse.ts'
import type { BackendRef, RunEvent } from '#src/ir/runEvent.ts'
import { reduceRun } from '#src/ir/runState.ts'
import type { RunState } from '#src/ir/runState.ts'

/** Older runs are still on disk, but nobody waits for thousands of them to be read. */
const MOST_RUNS = 200

export type RunLog = { append(event: RunEvent): void }

export async function openRunLog(dataDir: string, run: RunId): Promise<RunLog> {
  const folder = join(dataDir, 'runs')
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${run}.jsonl`)
  // Written before the run goes on, so that a process that is killed leaves what it did.
  return { append: (event) => appendFileSync(file, `${JSON.stringify(event)}\n`) }
}

/** What stages of earlier runs on the same server have left, the newest first, and which of them ended early. */
export async function earlierStages(
  dataDir: string,
  backend: BackendRef,
): Promise<{ readonly stages: readonly FinishedStage[]; readonly unfinished: readonly UnfinishedStage[] }> {
  const states = await earlierRuns(dataDir, backend)
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
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (line === '') continue
    let event: RunEvent
    try {
      event = JSON.parse(line) as RunEvent
    } catch {
      // The last line of a process that was killed while writing.
      break
    }
    if (event.type === 'runStarted') {
      const plan = parsePlan(event.plan)
      if (!plan.ok) return null
      event = { ...event, plan: plan.value }
    }
    state = reduceRun(state, event)
  }
  return state
}

function sameServer(a: BackendRef, b: BackendRef): boolean {
  return a.type === b.type && a.url === b.url
}

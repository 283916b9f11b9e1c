/**
 * Who writes the log of a run in the data folder: one process, for as long as it carries the run out.
 *
 * Each process that wants the log puts a claim of its own beside it and then looks for claims of others. Two that come
 * at once both see each other and step back, and claims of processes that are gone are removed, so no claim is ever
 * replaced and none can be lost to a third.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { RunId } from '#src/base/ids.ts'
import { err, ok } from '#src/base/result.ts'
import type { Result } from '#src/base/result.ts'
import { diagnoseTraining } from '#src/training/codes.ts'

export type HeldLog = {
  /** Resolves when others may write the log. */
  release(): Promise<void>
}

type Holder = {
  readonly pid: number
  readonly host: string
  /** When the process began, as the system counts it: numbers of processes are given again. Null where it cannot be asked. */
  readonly began: string | null
}

/** Two that step back from each other try again so often. */
const ATTEMPTS = 4

/** Claims of this process; one that bears its number and is not among them is of an earlier process. */
const own = new Set<string>()

/** @returns TR5012 when another process that still lives, or another run of this one, writes the log */
export async function holdRunLog(dataDir: string, run: RunId): Promise<Result<HeldLog, Diagnostic>> {
  const folder = join(dataDir, 'runs')
  await mkdir(folder, { recursive: true })
  const me: Holder = { pid: process.pid, host: hostname(), began: await beganAt(process.pid) }
  for (let attempt = 1; ; attempt++) {
    const name = `${run}.${me.pid}-${randomBytes(4).toString('hex')}.lock`
    const claim = join(folder, name)
    own.add(name)
    const release = async (): Promise<void> => {
      await rm(claim, { force: true })
      own.delete(name)
    }
    // Under its name it is whole: whoever reads half of it would take it for a dead one.
    await writeFile(`${claim}.new`, `${JSON.stringify(me)}\n`, { flag: 'wx' })
    await rename(`${claim}.new`, claim)
    const other = await livingClaim(folder, run, name)
    if (!other) return ok({ release })
    await release()
    if (attempt === ATTEMPTS) return err(heldBy(other.holder, other.path))
    await sleep(randomInt(20, 150))
  }
}

/** The first claim of somebody else whose process lives; those of processes that are gone are removed. */
async function livingClaim(
  folder: string,
  run: RunId,
  mine: string,
): Promise<{ readonly holder: Holder; readonly path: string } | null> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${run}.`) || !name.endsWith('.lock') || name === mine) continue
    const path = join(folder, name)
    const holder = readHolder(await readFile(path, 'utf8').catch(nothingIfGone))
    if (holder && (await lives(holder, name))) return { holder, path }
    await rm(path, { force: true })
  }
  return null
}

async function lives({ pid, host, began }: Holder, name: string): Promise<boolean> {
  // Whether a process of another machine lives cannot be seen from here.
  if (host !== hostname()) return true
  if (pid === process.pid) return own.has(name)
  try {
    process.kill(pid, 0)
  } catch (error) {
    // It is there, and somebody else's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = await beganAt(pid)
  return began === null || now === null || began === now
}

/** Field 22 of the process's status on Linux; its second field is a name that may hold spaces and parentheses. */
async function beganAt(pid: number): Promise<string | null> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? null
}

function readHolder(text: string): Holder | null {
  try {
    const { pid, host, began } = JSON.parse(text) as { readonly [key: string]: unknown }
    if (!Number.isInteger(pid) || (pid as number) <= 0 || typeof host !== 'string') return null
    return { pid: pid as number, host, began: typeof began === 'string' ? began : null }
  } catch {
    return null
  }
}

/** What cannot be read for another reason is no dead claim. */
function nothingIfGone(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') throw error
  return ''
}

function heldBy({ pid, host }: Holder, path: string): Diagnostic {
  const here = host === hostname()
  const who = here ? `process ${pid}` : `process ${pid} on ${host}`
  const message =
    `The run is carried out by ${who} right now: wait for its end or stop it${here ? ` (kill -INT ${pid})` : ''}, ` +
    `then resume. If no such run goes on there, delete ${path}.`
  return diagnoseTraining('TR5012', { on: 'document' }, message, { data: { pid, host, file: path } })
}

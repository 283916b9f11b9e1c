import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunId } from '#src/base/ids.ts'
import { holdRunLog } from './runLock.ts'

const run = 'run_1' as RunId

function dataFolder(): { readonly data: string; locks(): readonly string[] } {
  const data = mkdtempSync(join(tmpdir(), 'tunegraph-lock-'))
  mkdirSync(join(data, 'runs'))
  return { data, locks: () => readdirSync(join(data, 'runs')) }
}

function claimOf(data: string, holder: { pid: number; host?: string; began?: string | null }): string {
  const path = join(data, 'runs', `${run}.${holder.pid}-0.lock`)
  writeFileSync(path, JSON.stringify({ host: hostname(), began: null, ...holder }))
  return path
}

async function idleProcess(): Promise<{ readonly pid: number; end(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'inherit'] })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  await new Promise((resolve) => child.on('spawn', resolve))
  return {
    pid: child.pid!,
    end: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

test('one has the log of a run at a time; logs of other runs are free', async () => {
  const { data, locks } = dataFolder()
  const first = await holdRunLog(data, run)
  if (!first.ok) throw new Error(first.error.message)
  expect(JSON.parse(readFileSync(join(data, 'runs', locks()[0]!), 'utf8'))).toMatchObject({ pid: process.pid })
  const second = await holdRunLog(data, run)
  expect(second).toMatchObject({ ok: false, error: { code: 'TR5012', data: { pid: process.pid } } })
  const other = await holdRunLog(data, 'run_12' as RunId)
  expect(other.ok).toBe(true)
  await first.value.release()
  expect((await holdRunLog(data, run)).ok).toBe(true)
})

test('of many that come at once one at most has it, and all let go of what they do not have', async () => {
  const { data, locks } = dataFolder()
  for (let round = 0; round < 5; round++) {
    const all = await Promise.all(Array.from({ length: 6 }, () => holdRunLog(data, run)))
    const held = all.flatMap((each) => (each.ok ? [each.value] : []))
    expect(held.length).toBeLessThanOrEqual(1)
    expect(locks()).toHaveLength(held.length)
    for (const { release } of held) await release()
    expect(locks()).toEqual([])
  }
})

test('the lock of a process that lives is kept and names it, that of one that is gone is taken over', async () => {
  const { data, locks } = dataFolder()
  const child = await idleProcess()
  const file = claimOf(data, { pid: child.pid })
  const refused = await holdRunLog(data, run)
  expect(refused).toMatchObject({ ok: false, error: { code: 'TR5012', data: { pid: child.pid, file } } })
  const message = refused.ok ? '' : refused.error.message
  for (const said of [`process ${child.pid} `, `kill -INT ${child.pid}`, `delete ${file}`])
    expect(message).toContain(said)
  await child.end()
  expect((await holdRunLog(data, run)).ok).toBe(true)
  expect(locks()).toEqual([expect.stringContaining(`${run}.${process.pid}-`)])
})

test('a number that was given again is no living holder; what cannot be known counts as one', async () => {
  // This process never took it: an earlier one had its number, as in a container that was started anew.
  const same = dataFolder()
  claimOf(same.data, { pid: process.pid })
  expect((await holdRunLog(same.data, run)).ok).toBe(true)

  const away = dataFolder()
  claimOf(away.data, { pid: 1, host: 'another-machine' })
  const refused = await holdRunLog(away.data, run)
  expect(refused).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining('process 1 on another-machine') },
  })

  const torn = dataFolder()
  writeFileSync(join(torn.data, 'runs', `${run}.7-0.lock`), '{"pid":7')
  expect((await holdRunLog(torn.data, run)).ok).toBe(true)
})

test.runIf(process.platform === 'linux')('a process that began at another time is another one', async () => {
  const { data } = dataFolder()
  const child = await idleProcess()
  claimOf(data, { pid: child.pid, began: '1' })
  expect((await holdRunLog(data, run)).ok).toBe(true)
  await child.end()
})

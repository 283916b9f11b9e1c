import { describe, expect, test } from 'vitest'
import type { RunId } from '../base/ids.ts'
import { holdRun, runReleased, runsHeld } from './runLocks.ts'
import { testLocks } from './testing/locks.ts'

const A = 'run_a' as RunId
const B = 'run_b' as RunId

describe('the lock of a run', () => {
  test('is refused to a second tab while the first holds it, and given afterwards', async () => {
    const locks = testLocks()
    const first = await holdRun(locks, A)
    expect(first).not.toBeNull()
    expect(await holdRun(locks, A, 0)).toBeNull()
    expect(await holdRun(locks, B, 0)).not.toBeNull()
    expect(await runsHeld(locks)).toEqual(new Set([A, B]))
    await first?.release()
    expect(await holdRun(locks, A)).not.toBeNull()
  })

  test('is waited for as long as a reloaded page needs to let go', async () => {
    const locks = testLocks()
    const old = await holdRun(locks, A)
    setTimeout(() => void old?.release(), 150)
    expect(await holdRun(locks, A, 2000)).not.toBeNull()
  })

  test('tells those who watch when it is let go', async () => {
    const locks = testLocks()
    const held = await holdRun(locks, A)
    let free = false
    const watching = runReleased(locks, A, new AbortController().signal).then(() => (free = true))
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(free).toBe(false)
    await held?.release()
    await watching
    expect(await holdRun(locks, A, 0)).not.toBeNull()
  })

  test('says nothing of other locks', async () => {
    const locks = testLocks()
    void locks.request('tunegraph-doc-1', () => new Promise<void>(() => undefined))
    expect(await runsHeld(locks)).toEqual(new Set())
  })
})

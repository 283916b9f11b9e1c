import { afterEach, describe, expect, test } from 'vitest'
import type { DocId } from '../base/ids.ts'
import type { Locks } from '../persist/runLocks.ts'
import { testLocks } from '../persist/testing/locks.ts'
import type { DocumentLock } from './documentLock.ts'
import { createDocumentLock, mayEdit } from './documentLock.ts'

const A = 'doc_a' as DocId
const B = 'doc_b' as DocId

type TestTab = { lock: DocumentLock; phase: () => string; log: string[] }

let tabs: TestTab[] = []
let count = 0
afterEach(() => {
  for (const tab of tabs) tab.lock.dispose()
  tabs = []
})

/** Two tabs of one test share `name`; other tests have channels of their own. */
function tab(locks: Locks | null, name: string, saving: () => Promise<void> = () => Promise.resolve()): TestTab {
  const log: string[] = []
  const lock = createDocumentLock({
    locks,
    channel: new BroadcastChannel(name),
    async yielding(doc) {
      log.push(`saves ${doc}`)
      await saving()
    },
    acquired: (doc) => void log.push(`reads ${doc}`),
    patienceMs: 200,
  })
  const made = { lock, log, phase: () => lock.state.hold.phase }
  tabs.push(made)
  return made
}

const channelName = (): string => `documents-${++count}`
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('a document', () => {
  test('is edited by the tab that opened it first; the second one looks on', async () => {
    const [locks, name] = [testLocks(), channelName()]
    const [first, second] = [tab(locks, name), tab(locks, name)]
    await first.lock.open(A)
    await second.lock.open(A)
    expect([first.phase(), second.phase()]).toEqual(['held', 'elsewhere'])
    expect([mayEdit(first.lock.state), mayEdit(second.lock.state)]).toEqual([true, false])
    await second.lock.open(B)
    expect(second.phase()).toBe('held')
  })

  test('passes to the tab that looks on when the other one closes it', async () => {
    const [locks, name] = [testLocks(), channelName()]
    const [first, second] = [tab(locks, name), tab(locks, name)]
    await first.lock.open(A)
    await second.lock.open(A)
    await new Promise((resolve) => setTimeout(resolve, 20))
    first.lock.close()
    await until(() => second.phase() === 'held')
    expect(second.log).toEqual(['reads doc_a'])
  })

  test('is saved by the editing tab before another one takes it over', async () => {
    const [locks, name] = [testLocks(), channelName()]
    const [first, second] = [tab(locks, name), tab(locks, name)]
    await first.lock.open(A)
    await second.lock.open(A)
    await second.lock.takeOver()
    expect([first.phase(), second.phase()]).toEqual(['elsewhere', 'held'])
    expect([first.log, second.log]).toEqual([['saves doc_a'], ['reads doc_a']])
    await first.lock.takeOver()
    expect([first.phase(), second.phase()]).toEqual(['held', 'elsewhere'])
  })

  test('goes to the tab that asked, not to another one that has looked on for longer', async () => {
    const [locks, name] = [testLocks(), channelName()]
    const [first, patient, asking] = [tab(locks, name), tab(locks, name), tab(locks, name)]
    for (const one of [first, patient, asking]) await one.lock.open(A)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await asking.lock.takeOver()
    expect([first.phase(), patient.phase(), asking.phase()]).toEqual(['elsewhere', 'elsewhere', 'held'])
  })

  test('is taken from a tab that does not answer', async () => {
    const [locks, name] = [testLocks(), channelName()]
    const stuck = tab(locks, name, () => new Promise(() => undefined))
    const second = tab(locks, name)
    await stuck.lock.open(A)
    await second.lock.open(A)
    await second.lock.takeOver()
    expect(second.phase()).toBe('held')
    await until(() => stuck.phase() === 'elsewhere')
  })

  test('is edited without guard where there are no locks', async () => {
    const only = tab(null, channelName())
    await only.lock.open(A)
    expect([only.phase(), mayEdit(only.lock.state)]).toEqual(['unguarded', true])
  })
})

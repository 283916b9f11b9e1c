import { afterEach, describe, expect, test } from 'vitest'
import type { DocId } from '../base/ids.ts'
import { openDocument, saveDocument } from './documents.ts'
import type { DocumentSaver, SaveState } from './documentSaver.ts'
import { createDocumentSaver } from './documentSaver.ts'
import type { Storage } from './storage.ts'
import { mishap } from './testing/diskFull.ts'
import { freshStorage, smallDoc } from './testing/freshStorage.ts'

let undo: () => void = () => undefined
afterEach(() => undo())

const DOC = 'doc_1' as DocId
const first = smallDoc()

/** A clock whose timers run when told. */
function handClock(): { later(call: () => void, ms: number): () => void; waits(): number[]; run(): void } {
  let timers: { call: () => void; ms: number }[] = []
  return {
    later(call, ms) {
      const timer = { call, ms }
      timers.push(timer)
      return () => {
        timers = timers.filter((t) => t !== timer)
      }
    },
    waits: () => timers.map((t) => t.ms),
    run() {
      const due = timers
      timers = []
      for (const timer of due) timer.call()
    },
  }
}

type Rig = {
  saver: DocumentSaver
  storage: Storage
  clock: ReturnType<typeof handClock>
  phases: string[]
  last(): SaveState
}

function rig(storage = freshStorage()): Rig {
  const clock = handClock()
  const states: SaveState[] = []
  const onState = (state: SaveState): void => void states.push(state)
  const saver = createDocumentSaver({ storage, doc: first, revision: 0, onState, now: () => 7, later: clock.later })
  const phases = new Proxy([] as string[], {
    get: (_t, key) =>
      Reflect.get(
        states.map((s) => s.phase),
        key,
      ),
  })
  return { saver, storage, clock, phases, last: () => states.at(-1)! }
}

async function storedTitle(storage: Storage): Promise<unknown> {
  const opened = await openDocument(storage, DOC, 1)
  return opened.ok ? (opened.value.raw as { title: string }).title : null
}

describe('autosave', () => {
  test('waits for a pause, then saves the newest state once', async () => {
    const { saver, storage, clock, phases } = rig()
    saver.changed({ ...first, title: 'A' })
    saver.changed({ ...first, title: 'B' })
    expect([await storedTitle(storage), clock.waits()]).toEqual([null, [1000]])
    clock.run()
    await saver.flush()
    expect([await storedTitle(storage), saver.revision()]).toEqual(['B', 1])
    expect([...phases]).toEqual(['unsaved', 'unsaved', 'saving', 'saved'])
  })

  test('saves what changed while a save was under way', async () => {
    const { saver, storage } = rig()
    saver.changed({ ...first, title: 'A' })
    const saving = saver.flush()
    saver.changed({ ...first, title: 'B' })
    await saving
    expect([await storedTitle(storage), saver.revision(), saver.state().phase]).toEqual(['B', 2, 'saved'])
  })

  test('says "not saved: disk full", tries again ever more rarely, and saves when there is space', async () => {
    const { saver, storage, clock, last } = rig()
    undo = mishap({ name: 'QuotaExceededError', after: 0, times: 99, how: 'abort' })
    saver.changed({ ...first, title: 'A' })
    const waits: number[] = []
    for (let i = 0; i < 7; i++) {
      clock.run()
      await saver.flush()
      waits.push(...clock.waits())
    }
    expect(last()).toMatchObject({
      phase: 'failed',
      diagnostic: { code: 'PS6001', message: expect.stringContaining('Not saved: disk full') },
    })
    expect(waits.every((ms, i) => i === 0 || ms >= waits[i - 1]!)).toBe(true)
    expect([waits[0], waits.at(-1)]).toEqual([2000, 60_000])
    undo()
    clock.run()
    await saver.flush()
    expect([await storedTitle(storage), last().phase]).toEqual(['A', 'saved'])
  })

  test('does not overwrite what another tab has saved, and does not try again', async () => {
    const { saver, storage, clock, last } = rig()
    await saveDocument(storage, { ...first, title: 'Theirs' }, 0, 1)
    saver.changed({ ...first, title: 'Mine' })
    clock.run()
    await saver.flush()
    expect(last()).toMatchObject({ phase: 'failed', diagnostic: { code: 'PS6011' }, retryInMs: null })
    saver.changed({ ...first, title: 'Mine 2' })
    expect(clock.waits()).toEqual([])
    expect(await storedTitle(storage)).toBe('Theirs')
  })

  test('of a closed document goes on until it is saved', async () => {
    const { saver, storage, clock } = rig()
    undo = mishap({ name: 'UnknownError', after: 0, times: 1, how: 'throw' })
    saver.changed({ ...first, title: 'A' })
    expect((await saver.close()).phase).toBe('failed')
    clock.run()
    await saver.flush()
    expect(await storedTitle(storage)).toBe('A')
  })

  test('gives up an abandoned document', async () => {
    const { saver, storage, clock } = rig()
    saver.changed({ ...first, title: 'A' })
    saver.abandon()
    clock.run()
    await saver.flush()
    expect(await storedTitle(storage)).toBeNull()
  })
})

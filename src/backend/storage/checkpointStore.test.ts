import { describe, expect, test } from 'vitest'
import { countingIds } from '../../base/ids.ts'
import { memoryBlobStore } from './blobStore.ts'
import { checkpointStore } from './checkpointStore.ts'
import type { BlobStore } from './blobStore.ts'
import type { NewCheckpoint } from './checkpointStore.ts'

const HOUR = 3_600_000

function checkpoint(name: string, more: Partial<NewCheckpoint> = {}): NewCheckpoint {
  const lora = { base_model: 'a/b', rank: 4, alpha: 32, train_attn: true, train_mlp: true, train_unembed: true }
  const state = { has_optimizer: true, public: false, expires_at: null }
  return { run_id: 'session_1:train:0', type: 'training', name, ...lora, ...state, ...more }
}

function bytes(fill: number): Uint8Array {
  return new Uint8Array(1000).fill(fill)
}

/** Every write or delete after the first `allowed` is lost, as when the process was killed. */
function killedAfter(blobs: BlobStore, allowed: number): BlobStore {
  let left = allowed
  const unlessDead = async (act: () => Promise<void>): Promise<void> => {
    if (left-- <= 0) throw new Error('killed')
    await act()
  }
  return {
    get: (key) => blobs.get(key),
    list: (prefix) => blobs.list(prefix),
    put: (key, value) => unlessDead(() => blobs.put(key, value)),
    delete: (key) => unlessDead(() => blobs.delete(key)),
  }
}

describe('a kill at any moment of a save', () => {
  test('leaves no checkpoint or a whole one', async () => {
    const seen: number[] = []
    for (let allowed = 0; allowed <= 3; allowed++) {
      const blobs = memoryBlobStore()
      const dying = checkpointStore(killedAfter(blobs, allowed), () => 0, countingIds())
      await dying.save(checkpoint('one'), bytes(1)).catch(() => undefined)
      const store = checkpointStore(blobs, () => 0, countingIds())
      const list = await store.list()
      for (const found of list) expect(await store.read(found)).toEqual({ ok: true, value: bytes(1) })
      seen.push(list.length)
    }
    expect(seen).toEqual([0, 0, 1, 1])
  })

  test('leaves the old or the new one when a name is overwritten, and the rest is swept away', async () => {
    const seen: number[] = []
    for (let allowed = 0; allowed <= 4; allowed++) {
      const blobs = memoryBlobStore()
      const ids = countingIds()
      await checkpointStore(blobs, () => 0, ids).save(checkpoint('one'), bytes(1))
      const dying = checkpointStore(killedAfter(blobs, allowed), () => 1, ids)
      await dying.save(checkpoint('one'), bytes(2)).catch(() => undefined)
      const store = checkpointStore(blobs, () => 2 * HOUR, ids)
      const [found, ...more] = await store.list()
      expect(more).toEqual([])
      const read = await store.read(found!)
      if (!read.ok) throw new Error(read.error)
      seen.push(read.value[0]!)
      await store.sweep()
      expect(await blobs.list('data/')).toEqual([found!.data_key])
      expect(await store.read(found!)).toEqual(read)
    }
    expect(seen).toEqual([1, 1, 2, 2, 2])
  })

  test('of a deletion leaves the checkpoint whole or gone', async () => {
    for (let allowed = 0; allowed <= 2; allowed++) {
      const blobs = memoryBlobStore()
      const saved = await checkpointStore(blobs, () => 0, countingIds()).save(checkpoint('one'), bytes(1))
      const dying = checkpointStore(killedAfter(blobs, allowed), () => 0, countingIds())
      await dying.remove(saved).catch(() => undefined)
      const store = checkpointStore(blobs, () => 0, countingIds())
      const list = await store.list()
      expect(list.length).toBe(allowed === 0 ? 1 : 0)
      for (const found of list) expect(await store.read(found)).toMatchObject({ ok: true })
    }
  })
})

describe('a checkpoint', () => {
  test('that expired is gone from lists and from storage', async () => {
    const blobs = memoryBlobStore()
    let now = 0
    const store = checkpointStore(blobs, () => now, countingIds())
    await store.save(checkpoint('short', { expires_at: 1000 }), bytes(1))
    await store.save(checkpoint('long'), bytes(2))
    now = 999
    expect((await store.list()).length).toBe(2)
    now = 1000
    expect(await store.get('session_1:train:0', 'training', 'short')).toBeNull()
    expect((await store.list('session_1:train:0')).map((c) => c.name)).toEqual(['long'])
    expect(await blobs.list('data/')).toHaveLength(1)
  })

  test('whose data was damaged or lost is reported, not loaded', async () => {
    const blobs = memoryBlobStore()
    const store = checkpointStore(blobs, () => 0, countingIds())
    const saved = await store.save(checkpoint('one'), bytes(1))
    await blobs.put(saved.data_key, bytes(3))
    expect(await store.read(saved)).toMatchObject({ ok: false, error: expect.stringMatching(/damaged/) as string })
    await blobs.delete(saved.data_key)
    expect(await store.read(saved)).toMatchObject({ ok: false, error: expect.stringMatching(/missing/) as string })
  })

  test('with a broken record beside it is still listed', async () => {
    const blobs = memoryBlobStore()
    const store = checkpointStore(blobs, () => 0, countingIds())
    await store.save(checkpoint('one'), bytes(1))
    await blobs.put('checkpoints/x/training/broken.json', bytes(7))
    expect((await store.list()).map((c) => c.name)).toEqual(['one'])
  })

  test('keeps runs apart whose ids differ in escaped characters only', async () => {
    const store = checkpointStore(memoryBlobStore(), () => 0, countingIds())
    await store.save(checkpoint('one', { run_id: 'a/b' }), bytes(1))
    await store.save(checkpoint('one', { run_id: 'a%2Fb' }), bytes(2))
    expect(await store.list('a/b')).toHaveLength(1)
    expect(await store.list('a')).toHaveLength(0)
  })
})

test('data that a save is still writing elsewhere is not swept', async () => {
  const blobs = memoryBlobStore()
  const dying = checkpointStore(killedAfter(blobs, 1), () => 10 * HOUR, countingIds())
  await dying.save(checkpoint('one'), bytes(1)).catch(() => undefined)
  expect(await checkpointStore(blobs, () => 10 * HOUR + 1000, countingIds()).sweep()).toBe(0)
  expect(await checkpointStore(blobs, () => 12 * HOUR, countingIds()).sweep()).toBe(1)
})

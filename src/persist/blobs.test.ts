import { afterEach, describe, expect, test } from 'vitest'
import type { BlobStore } from '../backend/storage/blobStore.ts'
import { BlobFailure, createBlobStore } from './blobs.ts'
import { mishap } from './testing/diskFull.ts'
import { freshStorage } from './testing/freshStorage.ts'

let undo: () => void = () => undefined
afterEach(() => undo())

function blobs(): BlobStore {
  return createBlobStore(freshStorage(), 'backend/')
}

describe('blobs in the browser', () => {
  test('keep bytes, replace them, and forget them', async () => {
    const store = blobs()
    await store.put('a/1', Uint8Array.of(1, 2, 3))
    await store.put('a/1', Uint8Array.of(4))
    expect(await store.get('a/1')).toEqual(Uint8Array.of(4))
    await store.delete('a/1')
    await store.delete('a/1')
    expect(await store.get('a/1')).toBeNull()
  })

  test('are listed by prefix, sorted, whatever characters follow', async () => {
    const store = blobs()
    for (const key of ['b', 'a/2', 'a/1', 'a', 'a/😀', 'ab']) await store.put(key, new Uint8Array(1))
    expect(await store.list('a/')).toEqual(['a/1', 'a/2', 'a/😀'])
    expect(await store.list('')).toHaveLength(6)
  })

  test('of two areas do not meet', async () => {
    const storage = freshStorage()
    const [a, b] = [createBlobStore(storage, 'a/'), createBlobStore(storage, 'b/')]
    await a.put('k', Uint8Array.of(1))
    await b.put('k', Uint8Array.of(2))
    expect([await a.get('k'), await a.list('')]).toEqual([Uint8Array.of(1), ['k']])
    await a.delete('k')
    expect(await b.list('')).toEqual(['k'])
  })

  test('do not drag the memory along that a view looks at', async () => {
    const storage = freshStorage()
    await createBlobStore(storage, '').put('v', new Uint8Array(1_000_000).subarray(10, 14))
    const stored = await storage.use('', (db) => db.get('blobs', 'v'))
    expect(stored.ok && stored.value?.bytes.buffer.byteLength).toBe(4)
  })

  test('reject with the diagnostic when the disk is full, and keep the old bytes', async () => {
    const store = blobs()
    await store.put('k', Uint8Array.of(1))
    undo = mishap({ name: 'QuotaExceededError', after: 0, times: 1, how: 'abort' })
    const failure = await store.put('k', Uint8Array.of(2)).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(BlobFailure)
    expect((failure as BlobFailure).diagnostic.code).toBe('PS6001')
    expect(await store.get('k')).toEqual(Uint8Array.of(1))
  })
})

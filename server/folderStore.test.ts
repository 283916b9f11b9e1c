import { mkdir, mkdtemp, readdir, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { keySegment, memoryBlobStore, StorageFull } from '#src/backend/index.ts'
import { folderStore, storageError } from './folderStore.ts'
import type { BlobStore } from '#src/backend/index.ts'

const stores: readonly [string, () => Promise<BlobStore>][] = [
  ['memory', () => Promise.resolve(memoryBlobStore())],
  ['a folder', async () => folderStore(await newFolder())],
]

async function newFolder(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'tunegraph-store-')), 'not yet there')
}

describe.each(stores)('storage in %s', (_name, open) => {
  test('gives back what was put, lists by prefix, and forgets what was deleted', async () => {
    const store = await open()
    expect(await store.get('a/b')).toBeNull()
    expect(await store.list('')).toEqual([])
    await store.put('a/b', Uint8Array.of(1, 2))
    await store.put('a/c/d', Uint8Array.of(3))
    await store.put('ab', Uint8Array.of(4))
    await store.put('a/b', Uint8Array.of(9))
    expect(Array.from((await store.get('a/b'))!)).toEqual([9])
    expect(await store.list('')).toEqual(['a/b', 'a/c/d', 'ab'])
    expect(await store.list('a/')).toEqual(['a/b', 'a/c/d'])
    expect(await store.list('a/c/')).toEqual(['a/c/d'])
    await store.delete('a/b')
    await store.delete('a/b')
    expect(await store.list('a/')).toEqual(['a/c/d'])
  })

  test('takes any text as a segment', async () => {
    const store = await open()
    const odd = ['session:train:0', '..', '.', 'a/b', 'ä ö', '%2F', 'CON', "it's*(!)~"]
    for (const [i, text] of odd.entries()) await store.put(`x/${keySegment(text)}.json`, Uint8Array.of(i))
    for (const [i, text] of odd.entries()) expect((await store.get(`x/${keySegment(text)}.json`))![0]).toBe(i)
    expect(await store.list('x/')).toHaveLength(odd.length)
  })

  test('survives writes to one key at the same time with one of them whole', async () => {
    const store = await open()
    await Promise.all([1, 2, 3, 4].map((fill) => store.put('key', new Uint8Array(50_000).fill(fill))))
    const bytes = (await store.get('key'))!
    expect(new Set(bytes).size).toBe(1)
    expect(bytes.length).toBe(50_000)
  })
})

describe('a folder', () => {
  test('shows nothing of a write that was cut short', async () => {
    const folder = await newFolder()
    await mkdir(join(folder, 'a'), { recursive: true })
    await writeFile(join(folder, 'a', 'b.json.1234.part'), 'half')
    const store = folderStore(folder)
    expect(await store.list('')).toEqual([])
    await store.put('a/b.json', Uint8Array.of(1))
    expect(await store.list('')).toEqual(['a/b.json'])
    expect(await readdir(join(folder, 'a'))).toHaveLength(2)
  })

  test('clears away what an earlier kill left half-written, not what is being written now', async () => {
    const folder = await newFolder()
    const store = folderStore(folder)
    await store.put('a/b', Uint8Array.of(1))
    const parts = ['old.1.part', 'new.2.part'].map((name) => join(folder, 'a', name))
    for (const part of parts) await writeFile(part, 'half')
    const hoursAgo = Date.now() / 1000 - 7200
    await utimes(parts[0]!, hoursAgo, hoursAgo)
    expect(await store.list('')).toEqual(['a/b'])
    expect((await readdir(join(folder, 'a'))).sort()).toEqual(['b', 'new.2.part'])
  })

  test.each(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS'])('says in words what %s means', (code) => {
    const error = storageError(Object.assign(new Error('write failed'), { code }), '/data')
    expect(error).toBeInstanceOf(StorageFull)
    expect((error as Error).message).toMatch(/nothing more can be saved in \/data/)
    const other = new Error('something else')
    expect(storageError(other, '/data')).toBe(other)
  })

  test('refuses keys that would leave it', async () => {
    const store = folderStore(await newFolder())
    for (const key of ['../x', 'a/../../x', '/etc/passwd', 'a//b', '.hidden', 'a\\b'])
      await expect((async () => store.put(key, Uint8Array.of(1)))()).rejects.toThrow(/not a storage key/)
  })
})

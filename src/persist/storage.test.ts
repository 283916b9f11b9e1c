import 'fake-indexeddb/auto'
import { openDB } from 'idb'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { readSetting, writeSetting } from './settings.ts'
import { createStorage } from './storage.ts'
import { mishap } from './testing/diskFull.ts'

let undo: () => void = () => undefined
afterEach(() => {
  undo()
  undo = () => undefined
  vi.unstubAllGlobals()
})

describe('the storage', () => {
  test('keeps a setting for the next connection', async () => {
    const first = createStorage({ name: 'keeps' })
    expect(await writeSetting(first, 'theme', 'dark')).toEqual({ ok: true, value: undefined })
    await first.close()
    expect(await readSetting(createStorage({ name: 'keeps' }), 'theme')).toEqual({ ok: true, value: 'dark' })
  })

  test('says that the disk is full, and saves again once there is space', async () => {
    const storage = createStorage({ name: 'full' })
    for (const how of ['throw', 'abort'] as const) {
      undo = mishap({ name: 'QuotaExceededError', after: 0, times: 1, how })
      const failed = await writeSetting(storage, 'a', 1)
      expect(failed).toMatchObject({ ok: false, error: { code: 'PS6001', severity: 'error' } })
      expect(await readSetting(storage, 'a')).toEqual({ ok: true, value: undefined })
      undo()
    }
    expect((await writeSetting(storage, 'a', 1)).ok).toBe(true)
    expect(await readSetting(storage, 'a')).toEqual({ ok: true, value: 1 })
  })

  test('opens a new connection when the old one was lost', async () => {
    const storage = createStorage({ name: 'lost' })
    await writeSetting(storage, 'a', 1)
    undo = mishap({ name: 'InvalidStateError', after: 0, times: 1, how: 'throw' })
    expect((await writeSetting(storage, 'a', 2)).ok).toBe(true)
    expect(await readSetting(storage, 'a')).toEqual({ ok: true, value: 2 })
  })

  test('names an unknown failure with its detail', async () => {
    const storage = createStorage({ name: 'unknown' })
    undo = mishap({ name: 'UnknownError', after: 0, times: 1, how: 'throw' })
    expect(await writeSetting(storage, 'a', 1)).toMatchObject({
      ok: false,
      error: { code: 'PS6004', data: { name: 'UnknownError' } },
    })
  })

  test('says that the storage is newer than the page', async () => {
    ;(await openDB('newer', 99)).close()
    expect(await readSetting(createStorage({ name: 'newer' }), 'a')).toMatchObject({
      ok: false,
      error: { code: 'PS6003' },
    })
  })

  test('says that an older tab blocks the upgrade, instead of waiting for ever', async () => {
    const old = await openDB('blocked', 1, { upgrade: (db) => void db.createObjectStore('x') })
    const storage = createStorage({ name: 'blocked', version: 2, blockedAfterMs: 20 })
    expect(await readSetting(storage, 'a')).toMatchObject({ ok: false, error: { code: 'PS6002' } })
    old.close()
  })

  test('gives way to a newer page that wants to upgrade', async () => {
    const storage = createStorage({ name: 'yields' })
    await writeSetting(storage, 'a', 1)
    const newer = await openDB('yields', 50)
    expect(newer.version).toBe(50)
    expect(await writeSetting(storage, 'a', 2)).toMatchObject({ ok: false, error: { code: 'PS6003' } })
    newer.close()
  })

  test('says that there is no storage where the browser gives none', async () => {
    vi.stubGlobal('indexedDB', undefined)
    expect(await readSetting(createStorage({ name: 'none' }), 'a')).toMatchObject({
      ok: false,
      error: { code: 'PS6005' },
    })
  })
})

import { expect, test } from 'vitest'
import { durableStorage } from './durable.ts'

/** A browser's storage manager, which Node does not have. */
function browser(kept: boolean, grants: () => Promise<boolean>) {
  let asked = 0
  return {
    persisted: () => Promise.resolve(kept),
    persist: () => (asked++, grants()),
    asked: () => asked,
  }
}
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

test('durable storage is asked for once, and only when there is something to keep', async () => {
  const manager = browser(false, () => Promise.resolve(true))
  const keep = durableStorage(manager)
  await settle()
  expect(manager.asked()).toBe(0)
  keep()
  keep()
  await settle()
  expect(manager.asked()).toBe(1)
})

test('a browser that has granted it already is not asked', async () => {
  const manager = browser(true, () => Promise.resolve(true))
  durableStorage(manager)()
  await settle()
  expect(manager.asked()).toBe(0)
})

test('a refusal, an error and a browser without it are quiet', async () => {
  const refusing = browser(false, () => Promise.resolve(false))
  const failing = browser(false, () => Promise.reject(new TypeError('not in this frame')))
  for (const manager of [refusing, failing]) durableStorage(manager)()
  expect(() => durableStorage(undefined)()).not.toThrow()
  await settle()
  expect([refusing.asked(), failing.asked()]).toEqual([1, 1])
})

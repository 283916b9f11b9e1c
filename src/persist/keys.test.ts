import { describe, expect, test } from 'vitest'
import { forgetKey, rememberKey, storedKeyUrls, unlockKey } from './keys.ts'
import { freshStorage } from './testing/freshStorage.ts'

const URL = 'https://tinker.example'
const SECRET = 'tml-very-secret-key'

describe('a stored key', () => {
  test('opens with its passphrase, and with no other', async () => {
    const storage = freshStorage()
    expect((await rememberKey(storage, URL, SECRET, 'correct horse')).ok).toBe(true)
    expect(await unlockKey(storage, URL, 'correct horse')).toEqual({ ok: true, value: SECRET })
    expect(await unlockKey(storage, URL, 'battery staple')).toMatchObject({ ok: false, error: { code: 'PS6008' } })
    expect(await storedKeyUrls(storage)).toEqual({ ok: true, value: [URL] })
  })

  test('lies in storage sealed, with at least 310,000 rounds and a salt and nonce of its own', async () => {
    const storage = freshStorage()
    await rememberKey(storage, URL, SECRET, 'p')
    await rememberKey(storage, 'https://other.example', SECRET, 'p')
    const stored = await storage.use('', (db) => db.getAll('keys'))
    const [a, b] = stored.ok ? stored.value : []
    expect(new TextDecoder().decode(a!.sealed)).not.toContain('secret')
    expect(a!.iterations).toBeGreaterThanOrEqual(310_000)
    expect(a!.salt).not.toEqual(b!.salt)
    expect(a!.iv).not.toEqual(b!.iv)
  })

  test('does not open for another address, even when the entry is moved there', async () => {
    const storage = freshStorage()
    await rememberKey(storage, URL, SECRET, 'p')
    await storage.use('', async (db) => {
      const stored = await db.get('keys', URL)
      await db.put('keys', { ...stored!, url: 'https://evil.example' })
    })
    expect(await unlockKey(storage, 'https://evil.example', 'p')).toMatchObject({
      ok: false,
      error: { code: 'PS6008' },
    })
  })

  test('can be forgotten', async () => {
    const storage = freshStorage()
    await rememberKey(storage, URL, SECRET, 'p')
    await forgetKey(storage, URL)
    expect(await unlockKey(storage, URL, 'p')).toMatchObject({ ok: false, error: { code: 'PS6009' } })
  })

  test('is refused on a page without a secure context', async () => {
    const { subtle } = crypto
    Object.defineProperty(crypto, 'subtle', { value: undefined, configurable: true })
    const refused = await rememberKey(freshStorage(), URL, SECRET, 'p')
    Object.defineProperty(crypto, 'subtle', { value: subtle, configurable: true })
    expect(refused).toMatchObject({ ok: false, error: { code: 'PS6012' } })
  })
})

/** API keys, stored only if asked, sealed by a passphrase: PBKDF2-SHA-256 makes an AES-GCM key, each entry with its own salt and nonce. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import { diagnose } from './codes.ts'
import type { StoredKey } from './schema.ts'
import type { Storage } from './storage.ts'
import { commit } from './transactions.ts'

/** OWASP's figure for PBKDF2-HMAC-SHA-256 (2023) is 600,000; about 0.2 s on a laptop. */
const ITERATIONS = 600_000

/** Seals `secret` for the backend at `url`, in place of any earlier one. */
export async function rememberKey(
  storage: Storage,
  url: string,
  secret: string,
  passphrase: string,
): Promise<Result<void, Diagnostic>> {
  const sealed = await seal(url, secret, passphrase)
  if (!sealed.ok) return sealed
  return storage.use('The key', (db) => {
    const tx = db.transaction('keys', 'readwrite')
    return commit(tx, () => tx.store.put(sealed.value))
  })
}

/** The key of the backend at `url`; a wrong passphrase and a damaged entry look the same. */
export async function unlockKey(
  storage: Storage,
  url: string,
  passphrase: string,
): Promise<Result<string, Diagnostic>> {
  const stored = await storage.use('The key', (db) => db.get('keys', url))
  if (!stored.ok) return stored
  if (!stored.value) {
    return err(diagnose('PS6009', { on: 'document' }, `No key for ${url} is stored in this browser.`))
  }
  return open(stored.value, passphrase)
}

export async function forgetKey(storage: Storage, url: string): Promise<Result<void, Diagnostic>> {
  return storage.use('The key', (db) => db.delete('keys', url))
}

/** Addresses for which a key is stored. */
export async function storedKeyUrls(storage: Storage): Promise<Result<readonly string[], Diagnostic>> {
  return storage.use('The list of keys', (db) => db.getAllKeys('keys'))
}

async function seal(url: string, secret: string, passphrase: string): Promise<Result<StoredKey, Diagnostic>> {
  const { subtle } = crypto
  if (!subtle) return err(insecure())
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const key = await derive(subtle, passphrase, salt, ITERATIONS)
  const additionalData = new TextEncoder().encode(url)
  const cipher = await subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, new TextEncoder().encode(secret))
  return ok({ url, salt, iv, iterations: ITERATIONS, sealed: new Uint8Array(cipher) })
}

async function open(stored: StoredKey, passphrase: string): Promise<Result<string, Diagnostic>> {
  const { subtle } = crypto
  if (!subtle) return err(insecure())
  const key = await derive(subtle, passphrase, stored.salt, stored.iterations)
  const additionalData = new TextEncoder().encode(stored.url)
  try {
    const iv = new Uint8Array(stored.iv)
    const plain = await subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, new Uint8Array(stored.sealed))
    return ok(new TextDecoder().decode(plain))
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'OperationError') throw error
    return err(diagnose('PS6008', { on: 'document' }, 'This passphrase does not open the stored key.'))
  }
}

async function derive(
  subtle: SubtleCrypto,
  passphrase: string,
  salt: Uint8Array,
  iterations: number,
): Promise<CryptoKey> {
  const material = await subtle.importKey('raw', new TextEncoder().encode(passphrase), 'PBKDF2', false, ['deriveKey'])
  return subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(salt), iterations },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}

function insecure(): Diagnostic {
  return diagnose(
    'PS6012',
    { on: 'document' },
    'Keys can be stored only on a secure page (https, or this computer by the name localhost).',
  )
}

/** A folder of the disk as the place where downloaded files are kept, and the hub's settings from the environment. Needs Node. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { sha256Hex } from '../base/sha256.ts'
import { fileStoreOver } from './fileStore.ts'
import type { FileStore } from './fileStore.ts'
import type { Hub } from './hubFile.ts'

/** Written beside and renamed, so that a reader never sees half a file. */
export function folderStore(folder: string): FileStore {
  const path = (key: string): string => join(folder, sha256Hex(key))
  return fileStoreOver({
    async get(key) {
      return readFile(path(key)).catch(() => null)
    },
    async put(key, bytes) {
      await mkdir(folder, { recursive: true })
      const partial = `${path(key)}.${process.pid}.${Math.random().toString(36).slice(2)}`
      await writeFile(partial, bytes)
      await rename(partial, path(key))
    },
  })
}

type Environment = Readonly<Record<string, string | undefined>>

/** `HF_ENDPOINT` and `HF_TOKEN` (or its older name), the names that the hub's own tools read. */
export function hubFromEnvironment(environment: Environment): Pick<Hub, 'endpoint' | 'token'> {
  const endpoint = environment['HF_ENDPOINT']?.trim()
  const token = environment['HF_TOKEN']?.trim() || environment['HUGGING_FACE_HUB_TOKEN']?.trim()
  return { ...(endpoint ? { endpoint: endpoint.replace(/\/+$/, '') } : {}), ...(token ? { token } : {}) }
}

/**
 * The same, and without a token there the one that `hf auth login` keeps in a file; none at all where
 * `HF_HUB_DISABLE_IMPLICIT_TOKEN` says so. As huggingface_hub 2.4.0 does.
 */
export async function hubForNode(
  environment: Environment = process.env,
  home: string = homedir(),
): Promise<Pick<Hub, 'endpoint' | 'token'>> {
  const named = hubFromEnvironment(environment)
  const silent = /^(1|on|yes|true)$/i.test(environment['HF_HUB_DISABLE_IMPLICIT_TOKEN'] ?? '')
  if (silent) return named.endpoint === undefined ? {} : { endpoint: named.endpoint }
  if (named.token !== undefined) return named
  const token = (await readFile(hubTokenPath(environment, home), 'utf8').catch(() => '')).trim()
  return token === '' ? named : { ...named, token }
}

/** `HF_TOKEN_PATH`, else `token` in `HF_HOME`, else in the hub's folder of the user's cache. */
export function hubTokenPath(environment: Environment, home: string = homedir()): string {
  const cache = environment['XDG_CACHE_HOME'] || join(home, '.cache')
  const folder = environment['HF_HOME'] || join(cache, 'huggingface')
  return inHome(environment['HF_TOKEN_PATH'] || join(inHome(folder, home), 'token'), home)
}

function inHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path
}

/** Where things lie: the repository, and the folder of virtual environments, which git ignores. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
export const PEERS = join(ROOT, 'tests', 'peers')
export const CACHE = join(ROOT, '.cache', 'peers')

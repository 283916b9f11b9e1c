/** Where Tunegraph's own files lie: the same code runs from `server/` and, bundled, from `dist/node/` and its chunks. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The nearest `path` in the folder of a module or above it; null when there is none. */
export function findUpwards(moduleUrl: string, path: string): string | null {
  let folder = dirname(fileURLToPath(moduleUrl))
  for (;;) {
    const candidate = join(folder, path)
    if (existsSync(candidate)) return candidate
    const parent = dirname(folder)
    if (parent === folder) return null
    folder = parent
  }
}

/** The folder that holds package.json: the checkout, or the installed package. */
export function packageFolder(): string {
  const found = findUpwards(import.meta.url, 'package.json')
  if (found === null) throw new Error('package.json is missing from this installation')
  return dirname(found)
}

/** Golden files: expected values that are reviewed like code. `UPDATE_GOLDENS=1` writes them anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { printJson } from '#src/graph/print.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** @param path relative to the repository */
export function expectGolden(path: string, value: unknown): void {
  const full = join(root, path)
  const text = printJson(value)
  if (process.env['UPDATE_GOLDENS']) {
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
  }
  expect(existsSync(full), `${path} is missing; write it with UPDATE_GOLDENS=1 and review it`).toBe(true)
  expect(text).toBe(readFileSync(full, 'utf8'))
}

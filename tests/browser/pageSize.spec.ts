import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from '@playwright/test'

type Entry = { readonly file: string; readonly isEntry?: boolean; readonly imports?: readonly string[] }

/** kB of gzip that a first visit loads before anything is asked for. */
const ENTRY_KB = 240

test('the first load stays small, with charts and layout left for later', () => {
  const manifest = JSON.parse(readFileSync('dist/app/.vite/manifest.json', 'utf8')) as Record<string, Entry>
  const seen = new Set<string>()
  const visit = (key: string): void => {
    if (seen.has(key)) return
    seen.add(key)
    for (const next of manifest[key]!.imports ?? []) visit(next)
  }
  for (const [key, entry] of Object.entries(manifest)) if (entry.isEntry) visit(key)
  const files = [...seen].map((key) => manifest[key]!.file)
  const kb =
    files.reduce((sum, file) => sum + gzipSync(readFileSync(`dist/app/${file}`), { level: 9 }).length, 0) / 1000
  console.log(`  entry: ${kb.toFixed(1)} kB gz in ${files.length} files`)
  expect(kb).toBeLessThanOrEqual(ENTRY_KB)
  const text = files.map((file) => readFileSync(`dist/app/${file}`, 'utf8')).join('')
  expect(text.includes('zrender')).toBe(false)
  expect(text.includes('org.eclipse.elk.layered')).toBe(false)
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT, sourceFiles } from './sourceFiles.ts'

/** Prefix → the room that owns it. */
const OWNERS: Readonly<Record<string, string>> = {
  GR1: 'src/graph',
  KD2: 'nodes',
  CM3: 'src/compiler',
  TK4: 'src/tinker',
  TR5: 'src/training',
  PS6: 'src/persist',
  IM7: 'src/store',
  IC9: 'src/importers',
  TZ1: 'src/tokenizers',
  DA8: 'src/data',
  RW9: 'src/rewards',
  SV0: 'src/services',
  WK0: 'worker',
}

const CODE = /['"]?\b([A-Z]{2}\d{4})['"]?\s*:\s*\{/g
const tables = sourceFiles('src', 'nodes', 'worker').filter((f) => /codes\.ts$/i.test(f.path))
const defined = tables.flatMap((f) => [...f.text.matchAll(CODE)].map((m) => ({ code: m[1]!, path: f.path })))
const sources = sourceFiles('src', 'nodes', 'worker', 'server', 'cli', 'tests')

describe('diagnostic codes', () => {
  test('are unique and defined by the room that owns their prefix', () => {
    expect(defined.length).toBeGreaterThan(20)
    expect(new Set(defined.map((d) => d.code)).size).toBe(defined.length)
    for (const { code, path } of defined)
      expect(path.startsWith(OWNERS[code.slice(0, 3)] ?? '?'), `${code} in ${path}`).toBe(true)
  })

  test('are each produced by the product and named by a test', () => {
    const product = sources.filter((f) => !/\.test\.tsx?$/.test(f.path) && !/codes\.ts$/i.test(f.path))
    const checks = sources.filter((f) => /\.(test|spec)\.tsx?$/.test(f.path))
    const unproduced = defined.filter((d) => !product.some((f) => f.text.includes(d.code))).map((d) => d.code)
    const untested = defined.filter((d) => !checks.some((f) => f.text.includes(d.code))).map((d) => d.code)
    expect({ unproduced, untested }).toEqual({ unproduced: [], untested: [] })
  })

  test('are permanent: none of the released ones has disappeared', () => {
    const released = readFileSync(join(ROOT, 'tests/compat/codes.txt'), 'utf8').split('\n').filter(Boolean)
    const now = new Set(defined.map((d) => d.code))
    expect(released.filter((code) => !now.has(code))).toEqual([])
  })
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT, sourceFiles } from './sourceFiles.ts'

/** Rows of the table per group; group O is about regularizers, of which only the mechanism is the client's. */
const ROWS: Readonly<Record<string, number>> = {
  ...{ A: 13, B: 22, C: 12, D: 19, E: 15, F: 9, G: 16, H: 9, I: 14, J: 11, K: 13, L: 6, M: 15, N: 13 },
  ...{ O: 4, P: 4, Q: 7, R: 8, S: 8, U: 14, V: 6, W: 6, X: 16 },
}

const table = readFileSync(join(ROOT, 'docs/parity.md'), 'utf8')
const rows = [...table.matchAll(/^\| ([A-Z])(\d+) \|(.*)\|$/gm)].map(([, group, index, rest]) => ({
  id: `${group}${index}`,
  group: group!,
  cells: rest!.split(/(?<!\\)\|/).map((cell) => cell.trim()),
}))

test('the parity table has every row once', () => {
  const ids = Object.entries(ROWS).flatMap(([group, count]) =>
    Array.from({ length: count }, (_, i) => `${group}${i + 1}`),
  )
  expect(rows.map((row) => row.id).sort()).toEqual(ids.sort())
})

test('each row of the parity table names a test that exists, or a reason', () => {
  const tests = sourceFiles('src', 'tests', 'cli', 'server', 'worker').map((f) => f.path)
  const unproven = rows.flatMap(({ id, cells }) => {
    const [, , proof = '', note = ''] = cells
    const named = proof.match(/[\w./-]+\.(?:test|spec)\.tsx?/g) ?? []
    const missing = named.filter((name) => !tests.some((path) => path === name || path.endsWith(`/${name}`)))
    const elsewhere = /vectors|tests\/peers|npm run|bench/.test(proof)
    if (missing.length > 0) return [`${id}: no ${missing.join(', ')}`]
    return named.length > 0 || elsewhere || note.length > 10 || proof.length > 10
      ? []
      : [`${id}: neither a test nor a reason`]
  })
  expect(unproven).toEqual([])
})

test('each name of a test in quotes stands in one of the files beside it; "…" is what was left out', () => {
  const texts = sourceFiles('src', 'tests', 'cli', 'server', 'worker').map(({ path, text }) => ({
    path,
    text: plain(text),
  }))
  const lost = rows.flatMap(({ id, cells }) => {
    const proof = cells[2] ?? ''
    const named = proof.match(/[\w./-]+\.(?:test|spec)\.tsx?/g) ?? []
    const beside = texts.filter(({ path }) => named.some((name) => path === name || path.endsWith(`/${name}`)))
    return [...proof.matchAll(/"([^"]+)"/g)].flatMap(([, quoted]) => {
      const parts = plain(quoted!)
        .split('…')
        .map((part) => part.replace(/^[ ,]+|[ ,]+$/g, ''))
      return beside.some(({ text }) => parts.every((part) => text.includes(part))) ? [] : [`${id}: ${quoted}`]
    })
  })
  expect(lost).toEqual([])
})

/** Apostrophes of both sorts are one, and none is escaped. */
function plain(text: string): string {
  return text.replaceAll('’', "'").replaceAll('\\', '')
}

test('the code that the parity table names exists', () => {
  const named = [...table.matchAll(/`?((?:src|tests|docs|scripts|library)\/[\w./-]+\.(?:ts|tsx|mjs|md|json|py))/g)].map(
    (m) => m[1]!,
  )
  expect([...new Set(named)].filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

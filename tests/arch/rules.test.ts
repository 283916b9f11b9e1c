/** docs/rules.md: every rule is there, and every code and file that it names. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT, sourceFiles } from './sourceFiles.ts'

const text = readFileSync(join(ROOT, 'docs/rules.md'), 'utf8')
const rows = text
  .split('\n')
  .filter((line) => /^\| [^|]+ \|/.test(line) && !line.startsWith('| rule '))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
const numbered = rows.filter(([first]) => /^V\d+$/.test(first!))
const codes = [...text.matchAll(/`([A-Z]{2}\d{4})`/g)].map((match) => match[1]!)
const sources = sourceFiles('src', 'nodes', 'worker')

test('V1 to V90 are there, each once and in order', () => {
  expect(numbered.map(([first]) => first)).toEqual(Array.from({ length: 90 }, (_, i) => `V${i + 1}`))
})

test('every row has a code with its place, or says why it needs none', () => {
  const bare = rows.filter((cells) => {
    const [code, where, why] = cells.slice(-3)
    return code === '–' ? why === '' : where === '–'
  })
  expect(bare).toEqual([])
})

test('every code is defined', () => {
  const defined = sources.filter((f) => /codes\.ts$/i.test(f.path)).map((f) => f.text)
  expect(codes.length).toBeGreaterThan(60)
  expect(codes.filter((code) => !defined.some((table) => table.includes(`${code}: {`)))).toEqual([])
})

test('every file is there', () => {
  const paths = [...text.matchAll(/`((?:src|nodes|worker|tests)\/[^`]+)`/g)].map((match) => match[1]!)
  expect(paths.length).toBeGreaterThan(60)
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

test('every code of advice, of probes and of the watch is in the table', () => {
  const advice = sources
    .filter((f) => /^src\/(compiler|training)\/codes\.ts$/.test(f.path))
    .flatMap((f) => [...f.text.matchAll(/\b(CM37\d\d|CM38\d\d|TR51\d\d): \{/g)].map((match) => match[1]!))
  expect(advice.length).toBeGreaterThan(30)
  expect(advice.filter((code) => !codes.includes(code))).toEqual([])
})

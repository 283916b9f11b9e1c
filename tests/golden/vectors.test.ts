/** The shared vectors, by the same checks as `npm run vectors`; and that the runner counts what it does not know. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AREAS, OUTSIDE } from './vectors/areas.ts'
import { runVector, runVectors } from './vectors/runVectors.ts'
import type { Vector } from './vectors/vector.ts'

const vectors = JSON.parse(readFileSync(new URL('./vectors.json', import.meta.url), 'utf8')) as Vector[]
const byArea = new Map<string, Vector[]>()
for (const vector of vectors) byArea.set(vector.area, [...(byArea.get(vector.area) ?? []), vector])

describe.each([...byArea].filter(([area]) => Object.hasOwn(AREAS, area)))('%s', (_area, cases) => {
  test.each(cases)('$name', async (vector) => {
    const result = await runVector(vector)
    expect(result.outcome === 'failed' ? result.why : 'held').toBe('held')
  })
})

test('every area of the shared file is checked or said to be elsewhere, none is both', () => {
  const known = [...Object.keys(AREAS), ...Object.keys(OUTSIDE)]
  expect(new Set(known).size).toBe(known.length)
  expect([...byArea.keys()].filter((area) => !known.includes(area))).toEqual([])
})

describe('the runner', () => {
  const path = { area: 'tinker_path', name: 'p', input: 'nonsense', expected: { tinker_0_25_0: 'error' } }

  test('counts passes, failures and what does not apply, names each, and ends with one line', async () => {
    const lines: string[] = []
    const wrong = { ...path, name: 'wrong', input: 'tinker://r/weights/1' }
    const unknown = { area: 'new_area', name: 'n', input: 1, expected: 2 }
    const cli = { area: 'cli_exit', name: 'c', input: 1, expected: 2 }
    const report = await runVectors([path, wrong, unknown, cli], (line) => lines.push(line))
    expect(report).toEqual({ passed: 1, failed: 1, elsewhere: 2 })
    expect(lines.at(-1)).toBe('\n1 passed, 1 failed')
    const text = lines.join('\n')
    expect(text).toContain('FAILED tinker_path: wrong')
    expect(text).toContain('new_area')
    expect(text).toContain('2 do not apply')
  })

  test('runs a case that is not in the shared file, in an area that is', async () => {
    const good = { area: 'query_string', name: 'q', input: { a: [7], b: null }, expected: 'a=7' }
    expect(await runVector(good)).toEqual({ outcome: 'passed' })
    expect(await runVector({ ...good, expected: 'a=8' })).toMatchObject({ outcome: 'failed' })
  })

  test('a case of a form that its check cannot read fails, it does not pass', async () => {
    const strange = { area: 'proto_response', name: 's', input: {}, expected: {} }
    expect((await runVector(strange)).outcome).toBe('failed')
  })

  test('refuses a file that is no list of vectors', async () => {
    await expect(runVectors({ cases: [] }, () => {})).rejects.toThrow('list of')
    await expect(runVectors([{ name: 'x' }], () => {})).rejects.toThrow('no area')
  })
})

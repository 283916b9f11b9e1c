import fc from 'fast-check'
import Papa from 'papaparse'
import { describe, expect, test } from 'vitest'
import { readRows } from './readRows.ts'
import type { RowFormat } from '../ir/dataset.ts'

function read(format: RowFormat, text: string): { rows: unknown; problems: unknown; columns: unknown; total: number } {
  const { rows, diagnostics, columns, total } = readRows(format, text, 'set')
  return {
    rows: rows.map(({ line, values }) => [line, Object.fromEntries(values)]),
    problems: diagnostics.map((d) => [d.code, d.at.on === 'row' ? d.at.line : null]),
    columns,
    total,
  }
}

describe('JSON lines', () => {
  test('skips blank lines, a BOM and CR, and keeps rows around broken ones with their lines', () => {
    const text = '\uFEFF{"a":1}\r\n\r\n{"a":\r\n[1]\r\n{"b":"x\\u2028"}\r\n'
    expect(read('jsonl', text)).toEqual({
      rows: [
        [1, { a: 1 }],
        [5, { b: 'x\u2028' }],
      ],
      problems: [
        ['DA8001', 3],
        ['DA8002', 4],
      ],
      columns: ['a', 'b'],
      total: 4,
    })
  })

  test('warns with DA8008 when a number has lost digits', () => {
    expect(read('jsonl', '{"id":12345678901234567890}').problems).toEqual([['DA8008', 1]])
  })

  test('reports an empty file with DA8006', () => {
    expect(read('jsonl', '\n \n').problems).toEqual([['DA8006', 1]])
  })

  test('counts what it does not list of many broken rows in one DA8007', () => {
    const { diagnostics } = readRows('jsonl', 'x\n'.repeat(250), 'set')
    expect(diagnostics).toHaveLength(101)
    expect(diagnostics.at(-1)).toMatchObject({
      code: 'DA8007',
      at: { line: 101 },
      data: { code: 'DA8001', count: 150 },
    })
  })
})

describe('JSON', () => {
  test('reads an array, objects with commas between, and objects one after another alike', () => {
    const rows = [
      [1, { a: '[{"' }],
      [2, { a: '}]' }],
    ]
    const [first, second] = ['{"a":"[{\\""}', '{"a":"}]"}']
    for (const text of [`[${first},\n${second}]`, `${first},\n${second},`, `${first}\n${second}`]) {
      expect(read('json', text)).toMatchObject({ rows, problems: [] })
    }
  })

  test('gives rows that span lines the line they begin on', () => {
    const text = JSON.stringify([{ a: { b: [1] } }, { a: { b: [2] } }], null, 2)
    expect(read('json', text).rows).toEqual([
      [2, { a: { b: [1] } }],
      [9, { a: { b: [2] } }],
    ])
  })

  test('keeps the rows after one whose brackets or quotes are broken', () => {
    const text = '[\n  {"a": "never closed},\n  {"a": 2},\n  {"a": [3},\n  {"a": 4}\n]'
    expect(read('json', text)).toEqual({
      rows: [
        [3, { a: 2 }],
        [5, { a: 4 }],
      ],
      problems: [
        ['DA8001', 2],
        ['DA8001', 4],
      ],
      columns: ['a'],
      total: 4,
    })
  })

  test('does not take objects inside a broken row for rows', () => {
    const text = '[\n  {\n    "a": [\n      {"role": 1}\n      {"role": 2}\n    ]\n  },\n  {"a": 2}\n]'
    expect(read('json', text)).toMatchObject({ rows: [[8, { a: 2 }]], problems: [['DA8001', 2]] })
  })

  test('reports values that are not objects with DA8002', () => {
    expect(read('json', '[1, "a,b", null, [2], {"a":1}]')).toMatchObject({
      rows: [[1, { a: 1 }]],
      problems: Array.from({ length: 4 }, () => ['DA8002', 1]),
    })
  })
})

describe('CSV', () => {
  test('keeps quoted commas, quotes and line breaks, and counts lines over them', () => {
    const text = '\uFEFFq,a\r\n"x, ""y""","1\n2"\r\n\r\nlast, 3 \r\n'
    expect(read('csv', text)).toEqual({
      rows: [
        [2, { q: 'x, "y"', a: '1\n2' }],
        [5, { q: 'last', a: ' 3 ' }],
      ],
      problems: [],
      columns: ['q', 'a'],
      total: 2,
    })
  })

  test('takes the CR of the line end but not one inside quotes', () => {
    expect(read('csv', 'a,b\r\n1,"x\r"\r\n2,y\r\n').rows).toEqual([
      [2, { a: '1', b: 'x\r' }],
      [3, { a: '2', b: 'y' }],
    ])
  })

  test('finds tabs and semicolons', () => {
    expect(read('csv', 'a\tb\n1,5\t2\n').rows).toEqual([[2, { a: '1,5', b: '2' }]])
    expect(read('csv', '"a,c";b\n1,5;2\n').rows).toEqual([[2, { 'a,c': '1,5', b: '2' }]])
  })

  test('keeps the rows after broken quotes and after a wrong number of fields', () => {
    const text = 'a,b\n"open,1\n2,2\n"x"y,3\n4\n5,5,5\n6,"6"\n'
    expect(read('csv', text)).toEqual({
      rows: [
        [3, { a: '2', b: '2' }],
        [7, { a: '6', b: '6' }],
      ],
      problems: [
        ['DA8003', 2],
        ['DA8003', 4],
        ['DA8004', 5],
        ['DA8004', 6],
      ],
      columns: ['a', 'b'],
      total: 6,
    })
  })

  test('refuses a header that names a column twice or not at all with DA8005', () => {
    for (const header of ['a,a', 'a,,b', '"a"x,b'])
      expect(read('csv', `${header}\n1,2\n`).problems).toEqual([['DA8005', 1]])
  })
})

describe('strings are never altered', () => {
  const rows = fc.array(fc.record({ q: fc.string({ unit: 'binary' }), a: fc.string({ unit: 'grapheme' }) }), {
    minLength: 1,
  })
  const values = (format: RowFormat, text: string): unknown =>
    readRows(format, text, 'set').rows.map((row) => Object.fromEntries(row.values))

  test('by JSON lines, pretty JSON or minified JSON', () => {
    fc.assert(
      fc.property(rows, (given) => {
        expect(values('jsonl', given.map((row) => JSON.stringify(row)).join('\n'))).toEqual(given)
        expect(values('json', JSON.stringify(given, null, 1))).toEqual(given)
        expect(values('json', JSON.stringify(given))).toEqual(given)
      }),
    )
  })

  test('by CSV with all fields quoted, whatever the line end', () => {
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n'), (given, newline) => {
        expect(values('csv', Papa.unparse(given, { quotes: true, newline }))).toEqual(given)
      }),
    )
  })
})

test('any text gives rows and diagnostics, never an exception', () => {
  const pieces = fc.constantFrom('{', '}', '[', ']', '"', ',', '\n', '\r', 'a', ':', '1', '\\', ' ', '{"a":1}')
  fc.assert(
    fc.property(
      fc.array(pieces).map((p) => p.join('')),
      fc.constantFrom('csv', 'json', 'jsonl'),
      (text, format) => {
        const { rows, total } = readRows(format, text, 'set')
        expect(rows.length).toBeLessThanOrEqual(total)
      },
    ),
    { numRuns: 2000 },
  )
})

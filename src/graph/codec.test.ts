import { describe, expect, test } from 'vitest'
import { migrationSequence } from '../base/migrationSequence.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { AssetId, DocId, NodeId } from '../base/ids.ts'
import { edit } from './change.ts'
import { parseDoc, readDoc, serialiseDoc } from './codec.ts'
import type { GraphDoc } from './model.ts'
import { addAsset, setParams } from './ops.ts'
import { testDoc } from './testGraph.ts'

const doc = testDoc(['a:model', 'b:step'], ['a.out>b.in'])
type Loose = { [member: string]: unknown }
type LooseFile = {
  nodes: { [id: string]: Loose | string }
  edges: { [id: string]: Loose }
  assets: { [id: string]: Loose }
}
const loose = (d: GraphDoc): LooseFile & Loose => JSON.parse(serialiseDoc(d)) as LooseFile & Loose
const file = (): LooseFile & Loose => loose(doc)
const codes = (text: string): string[] => parseDoc(text).diagnostics.map((d) => d.code)
const read = (value: unknown) => parseDoc(JSON.stringify(value))

describe('a written file', () => {
  test('reads back as the same document, without a word', () => {
    expect(parseDoc(serialiseDoc(doc))).toEqual({ doc, diagnostics: [] })
  })
  test('is the same text for every order of keys, and ends with a line break', () => {
    const turned = { ...doc, nodes: Object.fromEntries(Object.entries(doc.nodes).reverse()) }
    expect(serialiseDoc(turned)).toBe(serialiseDoc(doc))
    expect(serialiseDoc(doc).endsWith('}\n')).toBe(true)
  })
  test('changes one line when one param changes', () => {
    const two = edit(doc, (d) => void setParams(d, 'a' as NodeId, { rate: 1, name: 'x', on: true })).doc
    const other = edit(two, (d) => void setParams(d, 'a' as NodeId, { rate: 2 })).doc
    const lines = (text: string): string[] => text.split('\n')
    const before = lines(serialiseDoc(two))
    expect(lines(serialiseDoc(other)).filter((line, i) => line !== before[i])).toEqual(['        "rate": 2'])
  })
  test('keeps files line by line, whatever their line ends', () => {
    const text = 'one\r\ntwo\n\nthree “ü” \u2028'
    const asset = { id: sha256Hex(text) as AssetId, name: 'x.csv', mediaType: 'text/csv', text }
    const withFile = edit(doc, (d) => addAsset(d, asset)).doc
    expect(serialiseDoc(withFile)).toContain('        "one\\r",\n        "two",\n        "",\n')
    expect(parseDoc(serialiseDoc(withFile))).toEqual({ doc: withFile, diagnostics: [] })
  })
})

describe('a file that is broken', () => {
  test('as JSON gives a reason and no document', () => {
    expect(parseDoc('{"nodes": ')).toMatchObject({ doc: null, diagnostics: [{ code: 'GR1001' }] })
    expect(codes('[')).toEqual(['GR1001'])
  })
  test.each([['null'], ['[]'], ['"text"'], ['{}'], ['{"format":"other"}'], ['3']])(
    'as a graph (%s) says so',
    (text) => {
      expect(parseDoc(text)).toMatchObject({ doc: null, diagnostics: [{ code: 'GR1002' }] })
    },
  )
  test('nested too deep for any params keeps the rest', () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
    const opened = parseDoc(serialiseDoc(doc).replace('"params": {}', `"params": {"deep": ${deep}, "kept": 1}`))
    expect(opened.diagnostics.map((d) => d.code)).toEqual(['GR1006'])
    expect(opened.doc!.nodes['a']!.params['kept']).toBe(1)
  })
  test('in single records loses only what cannot be read', () => {
    const broken = file()
    broken.nodes['nokind'] = { id: 'nokind' }
    broken.nodes['text'] = 'text'
    broken.nodes['b'] = { id: 'b', kind: 'step', position: { x: 'left' }, title: 7, kindVersion: 0, params: [] }
    broken.edges['lost'] = { id: 'lost', from: { node: 'a', port: 'out' }, to: { node: 'gone', port: 'in' } }
    broken.edges['twin'] = { ...broken.edges['a-out-b-in'], id: 'twin' }
    broken.assets['file'] = { name: 'no text' }
    const opened = read(broken)
    expect(opened.diagnostics.map((d) => d.code)).toEqual([
      'GR1009',
      'GR1006',
      'GR1006',
      'GR1006',
      'GR1006',
      'GR1005',
      'GR1005',
      'GR1008',
      'GR1008',
    ])
    expect(opened.doc!.nodes['a']).toEqual(doc.nodes['a'])
    expect(opened.doc!.nodes['b']).toMatchObject({ kind: 'step', title: '', kindVersion: 1, position: { x: 0, y: 0 } })
    expect(opened.doc!.edges).toEqual(doc.edges)
  })
  test('is repaired once: the repaired document reads back silently', () => {
    const repaired = read({ nodes: { 'bad id': { kind: 'model' }, toString: { kind: 'step' } }, edges: [] }).doc!
    expect(Object.keys(repaired.nodes)).toEqual(['n_repaired_1', 'n_repaired_2'])
    expect(parseDoc(serialiseDoc(repaired))).toEqual({ doc: repaired, diagnostics: [] })
  })
})

test('a node of an unknown kind keeps its params to the letter', () => {
  const params = { a: [1, { b: null }], 'strange key': 'x', nested: { constructor: 1 } }
  const future = file()
  future.nodes['f'] = { id: 'f', kind: 'from-the-future', kindVersion: 7, title: '', params, position: { x: 1, y: 2 } }
  const opened = read(future)
  expect(opened.diagnostics).toEqual([])
  expect(opened.doc!.nodes['f']).toMatchObject({ kind: 'from-the-future', kindVersion: 7, params })
})

test('wires follow a node whose id had to be repaired', () => {
  const odd = file()
  odd.nodes['__proto__x y'] = odd.nodes['a']!
  delete odd.nodes['a']
  odd.edges['a-out-b-in']!['from'] = { node: '__proto__x y', port: 'out' }
  const opened = read(odd)
  expect(opened.doc!.edges['a-out-b-in']!.from.node).toBe('n_repaired_1')
  expect(opened.diagnostics.map((d) => d.code)).toEqual(['GR1007'])
})

test('no key of a file reaches a prototype', () => {
  const hostile = `{"format":"tunegraph","version":1,"id":"x","title":"t","__proto__":{"polluted":1},
    "nodes":{"__proto__":{"id":"__proto__","kind":"model","polluted":1},
             "constructor":{"id":"constructor","kind":"model","kindVersion":1,"title":"","position":{"x":0,"y":0},
               "params":{"__proto__":{"polluted":1},"ok":1}}},
    "edges":{"e":{"id":"e","from":{"node":"hasOwnProperty","port":"out"},"to":{"node":"toString","port":"in"}}},
    "assets":{"__proto__":{"text":"polluted"}}}`
  const opened = parseDoc(hostile)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(Object.getPrototypeOf(opened.doc!.nodes)).toBe(Object.prototype)
  expect(opened.doc!.edges).toEqual({})
  for (const node of Object.values(opened.doc!.nodes)) expect('polluted' in node.params).toBe(false)
})

test('a file in the document that was edited by hand gets its true id, and so do the params', () => {
  const text = 'a,b\n1,2'
  const asset = { id: sha256Hex(text) as AssetId, name: 'x.csv', mediaType: 'text/csv', text }
  const withFile = edit(doc, (d) => {
    addAsset(d, asset)
    setParams(d, 'a' as NodeId, { source: { type: 'asset', asset: asset.id } })
  }).doc
  const edited = loose(withFile)
  edited.assets[asset.id]!['text'] = ['a,b', '1,3']
  const opened = read(edited)
  const id = sha256Hex('a,b\n1,3')
  expect(opened.diagnostics.map((d) => d.code)).toEqual(['GR1009'])
  expect(Object.keys(opened.doc!.assets)).toEqual([id])
  expect(opened.doc!.nodes['a']!.params).toEqual({ source: { type: 'asset', asset: id } })
})

describe('versions of the format', () => {
  test('a newer file opens as far as it is understood and says so', () => {
    const opened = read({ ...file(), version: 99, layers: [] })
    expect(opened.doc!.nodes).toEqual(doc.nodes)
    expect(opened.doc!.version).toBe(1)
    expect(opened.diagnostics.map((d) => d.code)).toEqual(['GR1003', 'GR1010'])
  })
  test('a file without version or id is read as a current one', () => {
    const bare = { format: 'tunegraph', nodes: file().nodes }
    const opened = read(bare)
    expect(opened.doc!.nodes).toEqual(doc.nodes)
    expect(opened.doc!.id).toMatch(/^d_[0-9a-f]{16}$/)
    expect(read(bare).doc!.id).toBe(opened.doc!.id)
  })
  test('an older file is migrated, and a failing migration leaves it as it is', () => {
    const renamed = { id: 'tunegraph/1', up: (f: Loose) => ({ ...f, title: f['name'] }) }
    const old = { ...file(), title: undefined, name: 'Old name' }
    const migrated = readDoc(old, 'x' as DocId, migrationSequence('tunegraph', [renamed]))
    expect(migrated.doc!.title).toBe('Old name')
    const failing = { id: 'tunegraph/1', up: () => JSON.parse('!') as never }
    const kept = readDoc(file(), 'x' as DocId, migrationSequence('tunegraph', [failing]))
    expect(kept.diagnostics.map((d) => d.code)).toEqual(['GR1004'])
    expect(kept.doc!.nodes).toEqual(doc.nodes)
  })
})

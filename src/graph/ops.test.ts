import { describe, expect, test } from 'vitest'
import { sha256Hex } from '../base/sha256.ts'
import type { AssetId, NodeId } from '../base/ids.ts'
import { applyChange, edit, touchedBy } from './change.ts'
import type { AssetRec } from './model.ts'
import {
  addAsset,
  addNode,
  moveNodes,
  pruneAssets,
  removeNodes,
  renameNode,
  setParam,
  setParams,
  setTitle,
} from './ops.ts'
import { testDoc, testNode } from './testGraph.ts'

const doc = testDoc(['a:model', 'b:step', 's:sink'], ['a.out>b.in', 'b.out>s.many'])
const id = (text: string): NodeId => text as NodeId

test('removing nodes removes their wires in the same change, and undoing brings both back', () => {
  const change = edit(doc, (d) => removeNodes(d, [id('b'), id('nobody')]))
  expect(Object.keys(change.doc.nodes)).toEqual(['a', 's'])
  expect(change.doc.edges).toEqual({})
  expect(applyChange(change.doc, change.inverse)).toEqual(doc)
})

describe('an edit that cannot apply leaves the identical document', () => {
  test.each([
    ['a taken id', (d: never) => addNode(d, testNode('a', 'rows'))],
    ['a move of nobody', (d: never) => moveNodes(d, [[id('constructor'), { x: 1, y: 1 }]])],
    ['a move to nowhere', (d: never) => moveNodes(d, [[id('a'), { x: NaN, y: 1 }]])],
    ['a move to where it is', (d: never) => moveNodes(d, [[id('a'), { x: 0, y: 0 }]])],
    ['a param of nobody', (d: never) => setParam(d, id('x'), 'k', 1)],
    ['a param that JSON cannot hold', (d: never) => setParam(d, id('a'), 'k', Number.NaN)],
    ['a param called __proto__', (d: never) => setParams(d, id('a'), JSON.parse('{"__proto__":1}') as never)],
    ['half a pair of params', (d: never) => setParams(d, id('a'), { good: 1, bad: undefined as never })],
    ['a name for nobody', (d: never) => renameNode(d, id('x'), 'new')],
  ])('%s', (_, recipe) => {
    const change = edit(doc, (d) => void recipe(d as never))
    expect(change.doc).toBe(doc)
    expect(change.patches).toEqual([])
  })
})

test('places have no negative zero, which a file could not hold', () => {
  const moved = edit(doc, (d) => moveNodes(d, [[id('a'), { x: -0, y: -3 }]])).doc
  expect(Object.is(moved.nodes['a']!.position.x, 0)).toBe(true)
})

test('titles are trimmed, and a document is never without one', () => {
  const named = edit(doc, (d) => {
    renameNode(d, id('a'), '  Base  ')
    setTitle(d, '   ')
  }).doc
  expect([named.nodes['a']!.title, named.title]).toEqual(['Base', 'Untitled'])
})

test('files that no node mentions are dropped, also for kinds that nobody knows', () => {
  const asset = (text: string): AssetRec => ({
    id: sha256Hex(text) as AssetId,
    name: text,
    mediaType: 'text/csv',
    text,
  })
  const with2 = edit(doc, (d) => {
    addAsset(d, asset('used'))
    addAsset(d, asset('unused'))
    setParam(d, id('a'), 'deep', { in: ['side', asset('used').id] })
  }).doc
  const pruned = edit(with2, (d) => void pruneAssets(d)).doc
  expect(Object.keys(pruned.assets)).toEqual([asset('used').id])
})

describe('what a change touches', () => {
  const touched = (recipe: Parameters<typeof edit>[1]) => {
    const { patches, doc: after } = edit(doc, recipe)
    return touchedBy(patches, doc, after)
  }
  test('is read from the paths of its patches', () => {
    expect(touched((d) => removeNodes(d, [id('b')]))).toMatchObject({
      nodes: new Set(['b']),
      edges: new Set(['a-out-b-in', 'b-out-s-many']),
      document: false,
      meaning: true,
    })
  })
  test('moving and renaming do not touch the meaning', () => {
    expect(touched((d) => moveNodes(d, [[id('a'), { x: 1, y: 2 }]]))).toMatchObject({
      nodes: new Set(['a']),
      meaning: false,
    })
    expect(touched((d) => void renameNode(d, id('a'), 'x')).meaning).toBe(false)
    expect(touched((d) => setTitle(d, 'x'))).toMatchObject({ document: true, meaning: false, nodes: new Set() })
  })
  test('replacing a whole record touches every id that it had or has', () => {
    const all = touched((d) => {
      d.nodes = { z: testNode('z', 'rows') } as never
    })
    expect([...all.nodes].sort()).toEqual(['a', 'b', 's', 'z'])
  })
})

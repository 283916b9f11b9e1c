import { describe, expect, test } from 'vitest'
import { countingIds } from '../base/ids.ts'
import type { AssetId, NodeId } from '../base/ids.ts'
import { sha256Hex } from '../base/sha256.ts'
import { edit } from './change.ts'
import { serialiseDoc } from './codec.ts'
import { copyText, cornerOf, fragmentOf, parseFragment, paste } from './fragment.ts'
import type { Fragment } from './fragment.ts'
import { emptyDoc } from './model.ts'
import type { GraphDoc } from './model.ts'
import { addAsset, moveNodes, setParam } from './ops.ts'
import { testDoc } from './testGraph.ts'

const asset = { id: sha256Hex('rows') as AssetId, name: 'rows.csv', mediaType: 'text/csv', text: 'rows' }
const doc = edit(
  testDoc(['m:model', 'a:step', 'b:step', 's:sink'], ['m.out>a.in', 'a.out>b.in', 'b.out>s.many']),
  (d) => {
    addAsset(d, asset)
    setParam(d, 'a' as NodeId, 'file', asset.id)
    moveNodes(d, [
      ['a' as NodeId, { x: 100, y: 50 }],
      ['b' as NodeId, { x: 400, y: 20 }],
    ])
  },
).doc
const ids = (...texts: string[]): NodeId[] => texts as NodeId[]

function pasted(text: string, into: GraphDoc = emptyDoc('other' as never)): GraphDoc {
  const read = parseFragment(text)
  if (!read.ok) throw new Error(read.error.message)
  return edit(into, (d) => void paste(d, read.value.fragment, countingIds(), { x: 10, y: 10 })).doc
}

test('a copy holds the chosen nodes, the wires between them and the files they need', () => {
  const fragment = fragmentOf(doc, ids('b', 'a', 'nobody'))
  expect(fragment.nodes.map((n) => n.id)).toEqual(['a', 'b'])
  expect(fragment.edges.map((e) => e.id)).toEqual(['a-out-b-in'])
  expect(fragment.assets).toEqual([asset])
  expect(cornerOf(fragment)).toEqual({ x: 100, y: 20 })
  expect(fragmentOf(doc, ids('b')).assets).toEqual([])
})

test('pasting gives fresh ids, moved places, inner wires and files', () => {
  const other = pasted(copyText(doc, ids('a', 'b')))
  expect(Object.values(other.nodes)).toMatchObject([
    { id: 'n_1', kind: 'step', title: 'a', params: { file: asset.id }, position: { x: 110, y: 60 } },
    { id: 'n_2', kind: 'step', title: 'b', position: { x: 410, y: 30 } },
  ])
  expect(Object.values(other.edges)).toEqual([
    { id: 'e_3', from: { node: 'n_1', port: 'out' }, to: { node: 'n_2', port: 'in' } },
  ])
  expect(other.assets).toEqual({ [asset.id]: asset })
})

test('pasting twice never meets an id that is taken', () => {
  const text = copyText(doc, ids('a', 'b'))
  const twice = pasted(text, pasted(text))
  expect(Object.keys(twice.nodes)).toHaveLength(4)
  expect(Object.keys(twice.edges)).toHaveLength(2)
  expect(Object.keys(twice.assets)).toHaveLength(1)
})

test('the text of a whole file can be pasted, too', () => {
  expect(Object.keys(pasted(serialiseDoc(doc)).nodes)).toHaveLength(4)
})

describe('anything else on the clipboard', () => {
  test.each([
    ['no JSON', 'hello'],
    ['other JSON', '{"a":1}'],
    ['a list', '[]'],
    ['a fragment without nodes', '{"format":"tunegraph/fragment","nodes":{}}'],
    ['nodes that are none', '{"format":"tunegraph/fragment","nodes":{"a":1,"__proto__":2}}'],
  ])('%s is refused with a reason', (_, text) => {
    expect(parseFragment(text)).toMatchObject({ ok: false, error: { code: 'GR1201' } })
  })
  test('a fragment with broken parts gives what is sound and says what is not', () => {
    const broken = JSON.parse(copyText(doc, ids('a', 'b'))) as { nodes: { [id: string]: unknown } }
    broken.nodes['b'] = null
    const read = parseFragment(JSON.stringify(broken))
    expect(read.ok && read.value.fragment.nodes.map((n) => n.id)).toEqual(['a'])
    expect(read.ok && read.value.diagnostics.map((d) => d.code)).toEqual(['GR1005', 'GR1008'])
  })
})

test('a wire whose end is not in the fragment is left out instead of dangling', () => {
  const half: Fragment = { nodes: [], edges: fragmentOf(doc, ids('a', 'b')).edges, assets: [] }
  const after = edit(doc, (d) => void paste(d, half, countingIds(), { x: 0, y: 0 }))
  expect(after.doc).toBe(doc)
})

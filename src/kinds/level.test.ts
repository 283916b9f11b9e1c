import { describe, expect, test } from 'vitest'
import type { EdgeId, NodeId } from '../base/ids.ts'
import { edit } from '../graph/change.ts'
import { checkConnection } from '../graph/connect.ts'
import type { GraphDoc, Params } from '../graph/model.ts'
import {
  addAsset,
  connect,
  disconnect,
  pruneAssets,
  removeNodes,
  replaceParams,
  setBinding,
  setParam,
} from '../graph/ops.ts'
import type { DraftDoc } from '../graph/ops.ts'
import { pipeline, registry } from '../../tests/support/pipeline.ts'
import { draw } from './drawing.ts'
import { lensOf } from './lens.ts'
import { levelAt } from './level.ts'
import { createRegistry } from './registry.ts'

const level = levelAt(registry, 'g')
/** As an editor has it: the kinds of an open group are known, too. */
const open = { ...createRegistry(registry.all), get: (kind: string) => registry.get(kind) ?? level.kinds.get(kind) }
const lens = lensOf(open)
const id = (text: string): NodeId => text as NodeId

/** model → g(sft) → after; the group's card shows the batch size. */
function drawing(): GraphDoc {
  const { model, rows, sft, after } = pipeline().nodes
  const port = (key: string, direction: string, inner: string, type: string, node = 'sft'): Params => ({
    ...{ key, label: key, type, direction, required: true, multiple: false },
    inner: [{ node, port: inner }],
  })
  const params = {
    graph: { nodes: { sft, rows }, edges: {} },
    ports: [port('base', 'in', 'policy', 'policy'), port('best', 'out', 'trained', 'policy')],
    promoted: [{ key: 'batch', label: 'Batch', node: 'sft', field: 'batchSize' }],
    values: { batch: 20 },
  }
  const { doc } = draw(registry).node('g', 'group', params as never)
  const nodes = { ...doc.nodes, model: model!, after: after! }
  return edit({ ...doc, nodes }, (draft) => {
    connect(draft, lens, 'a' as EdgeId, { node: id('model'), port: 'policy' }, { node: id('g'), port: 'base' })
    connect(draft, lens, 'b' as EdgeId, { node: id('g'), port: 'best' }, { node: id('after'), port: 'policy' })
  }).doc
}

const doc = drawing()
const changed = (recipe: (draft: DraftDoc) => void, before = doc): GraphDoc =>
  level.put(before, edit(level.get(before)!, recipe).doc)
const group = (of: GraphDoc): Params => of.nodes['g']!.params
const wires = (of: GraphDoc): readonly string[] =>
  Object.values(level.get(of)!.edges).map(({ from, to }) => `${from.node}.${from.port} → ${to.node}.${to.port}`)

describe('an open group', () => {
  test('has its nodes with what the card gives them, and a card for each side', () => {
    const inside = level.get(doc)!
    expect(Object.keys(inside.nodes)).toEqual(['g/sft', 'g/rows', 'g/@in', 'g/@out'])
    expect(inside.nodes['g/sft']!.params['batchSize']).toBe(20)
    expect(wires(doc)).toEqual(['g/@in.base → g/sft.policy', 'g/sft.trained → g/@out.best'])
    expect(lens.ports(inside.nodes['g/@in']!)!.map((p) => [p.key, p.direction, p.type])).toEqual([
      ['base', 'out', 'policy'],
    ])
  })

  test('is not there when the node is none, or its params cannot be read', () => {
    expect(levelAt(registry, 'model').get(doc)).toBeNull()
    expect(levelAt(registry, 'g/sft').get(doc)).toBeNull()
    const broken = edit(doc, (draft) => void setParam(draft, id('g'), 'graph', 7)).doc
    expect(level.get(broken)).toBeNull()
    expect(level.put(broken, level.get(doc)!)).toBe(broken)
  })

  test('changes a field at the card where the card shows it, else at the node', () => {
    const next = changed((draft) => {
      setParam(draft, id('g/sft'), 'batchSize', 8)
      setParam(draft, id('g/sft'), 'epochs', 3)
    })
    expect(group(next)['values']).toEqual({ batch: 8 })
    const { sft } = (group(next)['graph'] as unknown as GraphDoc).nodes
    expect(sft!.params['epochs']).toBe(3)
    expect(sft!.params['batchSize']).toBe(pipeline().nodes['sft']!.params['batchSize'])
  })

  test('binds a field at the card where the card is bound', () => {
    const bound = edit(doc, (draft) => void setBinding(draft, id('g'), 'batch', 'size')).doc
    expect(level.get(bound)!.nodes['g/sft']!.bindings).toEqual({ batchSize: 'size' })
    const other = changed((draft) => void setBinding(draft, id('g/sft'), 'batchSize', 'more'), bound)
    expect(other.nodes['g']!.bindings).toEqual({ batch: 'more' })
    const free = changed((draft) => void setBinding(draft, id('g/sft'), 'batchSize', null), bound)
    expect(free.nodes['g']!.bindings).toBeUndefined()
    expect(level.get(free)!.nodes['g/sft']!.bindings).toBeUndefined()
  })

  test('takes wires at its ports: another target, several, none', () => {
    const inside = level.get(doc)!
    const [toSft] = Object.keys(inside.edges) as EdgeId[]
    const cut = changed((draft) => disconnect(draft, [toSft!]))
    expect((group(cut)['ports'] as Params[])[0]).toMatchObject({ key: 'base', inner: [] })
    expect(Object.keys(cut.edges)).toEqual(['a', 'b'])
    const again = changed(
      (draft) =>
        void connect(
          draft,
          lens,
          'x' as EdgeId,
          { node: id('g/@in'), port: 'base' },
          { node: id('g/sft'), port: 'policy' },
        ),
      cut,
    )
    expect(wires(again)).toEqual(wires(doc))
  })

  test('has no wire from rail to rail, and keeps the one that is there', () => {
    const from = { node: id('g/@in'), port: 'base' }
    const to = { node: id('g/@out'), port: 'best' }
    expect(checkConnection(level.get(doc)!, lens, from, to)).toMatchObject({ ok: false, error: { code: 'GR1109' } })
    expect(changed((draft) => void connect(draft, lens, 'x' as EdgeId, from, to))).toBe(doc)
  })

  test('loses a port with the wires at it outside', () => {
    const next = changed((draft) => void replaceParams(draft, id('g/@out'), { ports: [] }, 1))
    expect((group(next)['ports'] as Params[]).map((port) => port['key'])).toEqual(['base'])
    expect(Object.keys(next.edges)).toEqual(['a'])
  })

  test('keeps its rails when they are deleted, and what is shown of a node goes with it', () => {
    const next = changed((draft) => removeNodes(draft, [id('g/@in'), id('g/@out'), id('g/sft')]))
    expect(Object.keys(level.get(next)!.nodes)).toEqual(['g/rows', 'g/@in', 'g/@out'])
    expect(group(next)).toMatchObject({
      promoted: [],
      values: {},
      ports: [
        { key: 'base', inner: [] },
        { key: 'best', inner: [] },
      ],
    })
  })

  test('drops a file only when nothing outside needs it either', () => {
    const asset = { id: 'f'.repeat(64) as never, name: 'mine.jsonl', mediaType: 'application/jsonl', text: '{}' }
    const source = { type: 'asset', asset: asset.id, name: asset.name, format: 'jsonl' }
    const used = edit(doc, (draft) => {
      addAsset(draft, asset)
      setParam(draft, id('model'), 'source', source)
    }).doc
    const prune = (before: GraphDoc): GraphDoc => changed((draft) => void pruneAssets(draft), before)
    expect(Object.keys(prune(used).assets)).toEqual([asset.id])
    const unused = edit(used, (draft) => void setParam(draft, id('model'), 'source', null)).doc
    expect(Object.keys(prune(unused).assets)).toEqual([])
  })
})

/** A group that is open: every command acts on what is inside, in the one history of the one document. */
import { describe, expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import { parseDoc, serialiseDoc } from '#src/graph/codec.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { demoteField, promoteField } from '#src/store/commands/grouping.ts'
import { followJumps } from '#src/store/commands/levels.ts'
import { renameTo, setNodeParams } from '#src/store/commands/nodes.ts'
import { bindField, parameterFromField, renameParameter } from '#src/store/commands/parameters.ts'
import { createTestEditor } from '../support/editor.ts'
import type { TestEditor } from '../support/editor.ts'
import { facts, pipeline, registry } from '../support/pipeline.ts'

const hashOf = (doc: GraphDoc): string | undefined => compile(doc, registry, facts).plan?.hash

/** The pipeline with the trainer and its save in a group that is open. */
function opened(nodes: readonly string[] = ['sft', 'after']): { t: TestEditor; g: string } {
  const t = createTestEditor({ doc: pipeline(), facts })
  t.editor.selection.setNodes(nodes)
  t.press('Mod+G')
  const g = t.selected()[0]!
  t.press('Enter')
  return { t, g }
}

const shown = (t: TestEditor): readonly string[] => Object.keys(t.doc().nodes).sort()

describe('an open group', () => {
  test('shows what is in it and both sides of its card; Escape and U go back out to the card', () => {
    const { t, g } = opened()
    expect(shown(t)).toEqual([`${g}/@in`, `${g}/@out`, `${g}/after`, `${g}/sft`])
    expect(t.editor.doc.state.level).toBe(g)
    expect(t.said().at(-1)).toBe('Inside “Group”: 2 nodes. Escape goes back out.')
    t.click(`${g}/sft`)
    t.press('Escape')
    expect([t.editor.doc.state.level, t.selected()]).toEqual([g, []])
    t.press('Escape')
    expect([t.editor.doc.state.level, t.selected()]).toEqual(['', [g]])
    t.press('Enter')
    t.press('U')
    expect(t.selected()).toEqual([g])
    expect(t.editor.commands.refusal('group.leave')).toBe('No group is open')
    expect(t.editor.commands.refusal('group.open', { node: 'model' })).toBe('It is no group that can be opened')
  })

  test('compiles as before, whatever was looked at', () => {
    const { t } = opened()
    expect(hashOf(t.editor.doc.whole())).toBe(hashOf(pipeline()))
    expect(t.editor.problems.flush().plan?.hash).toBe(hashOf(pipeline()))
  })

  test('is edited as if its nodes lay on the canvas', () => {
    const { t, g } = opened()
    setNodeParams(t.editor, `${g}/sft` as never, { epochs: 3 })
    renameTo(t.editor, `${g}/sft` as never, 'First')
    t.drag(`${g}/after`, { x: 80, y: 40 })
    const added = t.add('note', { x: 400, y: 400 })
    expect(added.startsWith(`${g}/`)).toBe(true)
    expect(t.selected()).toEqual([added])
    const whole = t.editor.doc.whole()
    const plain = pipeline({ sft: { epochs: 3 } })
    const named = { ...plain, nodes: { ...plain.nodes, sft: { ...plain.nodes['sft']!, title: 'First' } } }
    expect(hashOf(whole)).toBe(hashOf(named))
    expect(parseDoc(serialiseDoc(whole))).toEqual({ doc: whole, diagnostics: [] })
    t.click(added)
    t.press('Delete')
    t.click(`${g}/@in`)
    t.press('Delete')
    expect(t.said().at(-1)).toBe('The inputs and outputs of a group stay')
    expect(shown(t)).toHaveLength(4)
  })

  test('undo and redo stay where the step was made, and go there', () => {
    const { t, g } = opened()
    setNodeParams(t.editor, `${g}/sft` as never, { epochs: 3 }, false)
    t.press('U')
    renameTo(t.editor, 'model' as never, 'Other')
    t.press('Mod+Z')
    expect(t.editor.doc.state.level).toBe('')
    t.press('Mod+Z')
    expect(t.editor.doc.state.level).toBe(g)
    expect(t.node(`${g}/sft`).params['epochs']).not.toBe(3)
    // The group itself is undone: there is nothing to be in.
    t.press('Mod+Z')
    expect(t.editor.doc.state.level).toBe('')
    expect(t.editor.doc.whole()).toEqual(pipeline())
    t.press('Mod+Y Mod+Y')
    expect(t.editor.doc.state.level).toBe(g)
    expect(t.node(`${g}/sft`).params['epochs']).toBe(3)
    t.press('Mod+Y')
    expect(t.editor.doc.state.level).toBe('')
    expect(t.node('model').title).toBe('Other')
  })

  test('wires at its ports are drawn, taken off and re-plugged inside', () => {
    const { t, g } = opened(['sft'])
    const before = t.editor.doc.whole()
    const port = Object.values(t.doc().edges).find(
      (edge) => edge.from.node === `${g}/@in` && edge.to.port === 'policy',
    )!
    t.editor.selection.setEdges([port.id])
    t.press('Delete')
    expect(Object.values(t.doc().edges).some((edge) => edge.to.port === 'policy')).toBe(false)
    expect(hashOf(t.editor.doc.whole())).toBeUndefined()
    t.connect(port.from, port.to)
    expect(hashOf(t.editor.doc.whole())).toBe(hashOf(before))
    // The wires outside have stayed.
    expect(Object.keys(t.editor.doc.whole().edges)).toEqual(Object.keys(before.edges))
  })

  test('holds groups: made, opened deeper, taken apart inside', () => {
    const { t, g } = opened()
    t.editor.selection.setNodes([`${g}/sft`])
    t.press('Mod+G')
    const inner = t.selected()[0]!
    expect(inner.startsWith(`${g}/`)).toBe(true)
    expect(hashOf(t.editor.doc.whole())).toBe(hashOf(pipeline()))
    t.press('Enter')
    expect(shown(t)).toEqual([`${inner}/@in`, `${inner}/@out`, `${inner}/sft`])
    setNodeParams(t.editor, `${inner}/sft` as never, { epochs: 2 })
    expect(hashOf(t.editor.doc.whole())).toBe(hashOf(pipeline({ sft: { epochs: 2 } })))
    t.press('Escape')
    expect([t.editor.doc.state.level, t.selected()]).toEqual([g, [inner]])
    t.press('Mod+Shift+G')
    expect(shown(t)).toEqual([`${g}/@in`, `${g}/@out`, `${g}/after`, `${g}/sft`])
    t.press('U')
    t.press('Mod+Shift+G')
    expect(hashOf(t.doc())).toBe(hashOf(pipeline({ sft: { epochs: 2 } })))
    expect(Object.keys(t.doc().nodes).sort()).toEqual(Object.keys(pipeline().nodes).sort())
  })

  test('copies and pastes across its border', async () => {
    const { t, g } = opened()
    t.editor.selection.setNodes([`${g}/sft`, `${g}/after`, `${g}/@in`])
    t.press('Mod+C')
    await t.settle()
    expect(Object.keys(JSON.parse(t.clipboard.text!).nodes)).toEqual(['after', 'sft'])
    t.press('U')
    t.press('Mod+V')
    await t.settle()
    expect(t.selected()).toHaveLength(2)
    t.press('Mod+X')
    await t.settle()
    t.editor.selection.setNodes([g])
    t.press('Enter')
    t.press('Mod+V')
    await t.settle()
    expect(shown(t)).toHaveLength(6)
    expect(t.selected().every((id) => id.startsWith(`${g}/`))).toBe(true)
    t.press('Mod+D')
    expect(shown(t)).toHaveLength(8)
  })

  test('changes what its card shows at the card, and parameters everywhere', () => {
    const { t, g } = opened()
    t.press('U')
    promoteField(t.editor, g, 'sft', 'batchSize', 'Batch size')
    t.editor.selection.setNodes([g])
    t.press('Enter')
    setNodeParams(t.editor, `${g}/sft` as never, { batchSize: 8 })
    const name = parameterFromField(t.editor, `${g}/sft`, 'learningRate')!
    const parameter = Object.values(t.doc().nodes).find((node) => node.kind === 'parameter')!.id
    t.press('U')
    expect(t.editor.views.of(t.doc(), g)!.values).toEqual({ 'sft-batchSize': 8 })
    bindField(t.editor, 'rl', 'learningRate', name)
    expect(t.editor.views.of(t.doc(), 'rl')!.bound).toHaveProperty('learningRate')
    t.editor.selection.setNodes([g])
    t.press('Enter')
    expect(renameParameter(t.editor, parameter, 'rate')).toBeNull()
    expect(t.node(`${g}/sft`).bindings).toEqual({ learningRate: 'rate' })
    expect(t.editor.doc.whole().nodes['rl']!.bindings).toEqual({ learningRate: 'rate' })
  })

  test('is tidied up with its sides, which then stay where they are', async () => {
    const { t, g } = opened()
    const before = t.node(`${g}/@out`).position
    t.press('Shift+Alt+T')
    await t.settle()
    expect(t.layouts.at(-1)!.nodes.map(({ id }) => id)).toContain(`${g}/@in`)
    const after = t.node(`${g}/@out`).position
    expect(after).not.toEqual(before)
    t.drag(`${g}/sft`, { x: -800, y: 80 })
    expect(t.node(`${g}/@out`).position).toEqual(after)
    t.press('Mod+Z Mod+Z')
    expect(t.node(`${g}/@out`).position).toEqual(before)
  })

  test('shows and hides fields of a group inside it', () => {
    const { t, g } = opened()
    t.editor.selection.setNodes([`${g}/sft`])
    t.press('Mod+G')
    const inner = t.selected()[0]!
    promoteField(t.editor, inner, 'sft', 'batchSize', 'Batch size')
    t.press('Escape Escape')
    promoteField(t.editor, g, inner.split('/')[1]!, 'sft-batchSize', 'Batch')
    const key = Object.keys(t.editor.views.of(t.doc(), g)!.values)[0]!
    setNodeParams(t.editor, g as never, { [key]: 8 })
    expect(hashOf(t.editor.doc.whole())).toBe(hashOf(pipeline({ sft: { batchSize: 8 } })))
    t.editor.commands.run('group.open', { node: inner })
    setNodeParams(t.editor, `${inner}/sft` as never, { batchSize: 4 })
    expect(t.editor.views.of(t.editor.doc.whole(), g)!.values).toEqual({ [key]: 4 })
    expect(hashOf(t.editor.doc.whole())).toBe(hashOf(pipeline({ sft: { batchSize: 4 } })))
    t.press('U')
    demoteField(t.editor, inner, 'sft-batchSize', 'Batch size')
    expect(hashOf(t.editor.doc.whole())).toBe(hashOf(pipeline({ sft: { batchSize: 4 } })))
  })

  test('keeps a file that only the outside needs', () => {
    const { t, g } = opened()
    const asset = { id: 'f'.repeat(64) as never, name: 'mine.jsonl', mediaType: 'application/jsonl', text: '{}' }
    t.press('U')
    t.editor.doc.transact('File', (draft) => {
      draft.assets[asset.id] = asset
      draft.nodes['rows']!.params['source'] = { type: 'asset', asset: asset.id, name: asset.name, format: 'jsonl' }
    })
    t.editor.selection.setNodes([g])
    t.press('Enter')
    t.click(`${g}/after`)
    t.press('Delete')
    expect(Object.keys(t.editor.doc.whole().assets)).toEqual([asset.id])
  })
})

describe('what is wrong inside a group', () => {
  test('is said at its card and at the node, and a jump leads there and back', async () => {
    const { t, g } = opened()
    const stop = followJumps(t.editor)
    setNodeParams(t.editor, `${g}/sft` as never, { batchSize: 100_000 })
    t.wait(1000)
    const [inner] = t.editor.problems.ofNode(`${g}/sft`)
    expect(inner!.at).toEqual({ on: 'field', node: `${g}/sft`, field: 'batchSize' })
    const [outer] = t.editor.problems.ofNode(g)
    expect([outer!.at, outer!.inside]).toEqual([{ on: 'node', node: g }, inner!.at])
    t.press('Escape')
    t.editor.surface.jumpTo(`${g}/sft`, 'batchSize')
    await t.settle()
    expect([t.editor.doc.state.level, t.selected()]).toEqual([g, [`${g}/sft`]])
    t.editor.surface.jumpTo('model')
    await t.settle()
    expect([t.editor.doc.state.level, t.selected()]).toEqual(['', ['model']])
    t.editor.surface.jumpTo('nobody/here')
    await t.settle()
    expect(t.editor.doc.state.level).toBe('')
    stop()
  })

  test('has a fix that opens the group, or mends the card from inside', () => {
    const { t, g } = opened()
    setNodeParams(t.editor, `${g}/sft` as never, { batchSize: 100_000 })
    t.press('U')
    t.wait(1000)
    const { fix } = t.editor.problems.ofNode(g).find((problem) => problem.fix)!
    expect(fix!.args['node']).toBe(`${g}/sft`)
    expect(t.editor.commands.run(fix!.command, fix!.args).ran).toBe(true)
    expect(t.editor.doc.state.level).toBe(g)
    expect(t.node(`${g}/sft`).params['batchSize']).toBe(fix!.args['value'])
    // A card around the open group is changed without leaving it.
    t.editor.commands.run('node.setParams', { node: 'rl', field: 'epochs', value: 2 })
    expect(t.editor.doc.whole().nodes['rl']!.params['epochs']).toBe(2)
    expect(t.editor.doc.state.level).toBe(g)
    t.press('Mod+Z')
    expect(t.editor.doc.whole().nodes['rl']!.params['epochs']).not.toBe(2)
    expect(t.editor.commands.refusal('node.setParams', { node: 'no/body' })).toBe(
      'The node is not in the document any more',
    )
  })
})

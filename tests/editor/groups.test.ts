/** Groups as people make them: cards put into one card and taken out again, and fields inside that the card shows. */
import { describe, expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { demoteField, promoteField } from '#src/store/commands/grouping.ts'
import { setNodeParams } from '#src/store/commands/nodes.ts'
import { bindField, unbindField } from '#src/store/commands/parameters.ts'
import { branches, oneSft } from '../golden/drawings.ts'
import { createTestEditor } from '../support/editor.ts'
import type { TestEditor } from '../support/editor.ts'
import { facts, pipeline, registry } from '../support/pipeline.ts'

const compiled = (doc: GraphDoc): { hash: string | undefined; codes: string[] } => {
  const { plan, diagnostics } = compile(doc, registry, facts)
  return { hash: plan?.hash, codes: diagnostics.map((d) => d.code) }
}

function grouped(doc: GraphDoc, nodes: readonly string[]): { t: TestEditor; group: string } {
  const t = createTestEditor({ doc })
  t.editor.selection.setNodes(nodes)
  t.press('Mod+G')
  return { t, group: t.selected()[0]! }
}

describe('a group made of cards', () => {
  test.each([
    ['one trainer', pipeline(), ['sft']],
    ['a trainer with its save', pipeline(), ['sft', 'after']],
    ['everything', pipeline(), Object.keys(pipeline().nodes)],
    ['branches', branches(), ['slow', 'fast', 'fast-save']],
    ['cards without a wire between them', pipeline(), ['exact', 'test', 'note']],
  ])('of %s compiles to the same plan, and taken apart it is the drawing that it was made of', (_, doc, nodes) => {
    const { t } = grouped(doc, nodes)
    expect(Object.keys(t.doc().nodes)).toHaveLength(Object.keys(doc.nodes).length - nodes.length + 1)
    expect(compiled(t.doc())).toEqual(compiled(doc))
    t.press('Mod+Shift+G')
    expect(t.doc()).toEqual(doc)
    expect(t.selected()).toEqual([...nodes].sort())
    t.press('Mod+Z')
    t.press('Mod+Z')
    expect(t.doc()).toEqual(doc)
  })

  test('within a group is freed by taking both apart', () => {
    const doc = pipeline()
    const { t } = grouped(doc, ['sft', 'after'])
    t.editor.selection.setNodes([...t.selected(), 'more'])
    t.press('Mod+G')
    expect(compiled(t.doc())).toEqual(compiled(doc))
    t.press('Mod+Shift+G')
    t.press('Mod+Shift+G')
    expect(compiled(t.doc())).toEqual(compiled(doc))
    expect(Object.keys(t.doc().nodes).sort()).toEqual(Object.keys(doc.nodes).sort())
  })

  test('keeps ports for what is not wired yet', () => {
    const doc = oneSft().node('lone', 'train-sft').doc
    const { t, group } = grouped(doc, ['lone'])
    const ports = t.editor.views.of(t.doc(), group)!.geometry.ports.map(({ port }) => `${port.direction} ${port.type}`)
    expect(ports).toEqual(expect.arrayContaining(['in policy', 'in dataset', 'out policy']))
  })
})

describe('a field inside a group', () => {
  test('that is shown on the card is edited there; hidden again it keeps the value', () => {
    const { t, group } = grouped(pipeline(), ['sft', 'after'])
    promoteField(t.editor, group, 'sft', 'batchSize', 'Batch size')
    const [field] = t.editor.views.of(t.doc(), group)!.fields
    expect(field).toMatchObject({ label: 'Batch size', section: 'SFT', control: { type: 'number' } })
    expect(compiled(t.doc())).toEqual(compiled(pipeline()))
    setNodeParams(t.editor, group as never, { [field!.key]: 20 })
    const wanted = compiled(pipeline({ sft: { batchSize: 20 } }))
    expect(compiled(t.doc()).hash).toBe(wanted.hash)
    expect(t.editor.views.of(t.doc(), group)!.values[field!.key]).toBe(20)
    demoteField(t.editor, group, field!.key, 'Batch size')
    expect(t.editor.views.of(t.doc(), group)!.fields).toEqual([])
    expect(compiled(t.doc()).hash).toBe(wanted.hash)
    t.press('Mod+Shift+G')
    expect(t.node('sft').params['batchSize']).toBe(20)
  })

  test('that is wrong is said at the card, with a fix that works there', () => {
    const { t, group } = grouped(pipeline(), ['sft', 'after'])
    promoteField(t.editor, group, 'sft', 'batchSize', 'Batch size')
    const { key } = t.editor.views.of(t.doc(), group)!.fields[0]!
    setNodeParams(t.editor, group as never, { [key]: 100_000 })
    const [problem] = compile(t.doc(), registry, facts).diagnostics
    expect(problem).toMatchObject({ code: 'KD2001', at: { on: 'field', node: group, field: key } })
    t.editor.commands.run(problem!.fix!.command, problem!.fix!.args)
    expect(compiled(t.doc()).codes).toEqual([])
  })

  test('takes its value from a parameter by way of the card, and by itself once it is hidden or free', () => {
    const start = oneSft().node('p', 'parameter', { name: 'batch', number: 24 }).doc
    const wanted = compiled(oneSft({ batchSize: 24 }).doc).hash
    const { t, group } = grouped(start, ['sft'])
    promoteField(t.editor, group, 'sft', 'batchSize', 'Batch size')
    const { key } = t.editor.views.of(t.doc(), group)!.fields[0]!
    bindField(t.editor, group, key, 'batch')
    expect([compiled(t.doc()).hash, t.editor.views.of(t.doc(), group)!.values[key]]).toEqual([wanted, 24])
    demoteField(t.editor, group, key, 'Batch size')
    expect([compiled(t.doc()).hash, t.node(group).bindings]).toEqual([wanted, undefined])
    t.press('Mod+Z')
    t.editor.selection.setNodes([group])
    t.press('Mod+Shift+G')
    expect([compiled(t.doc()).hash, t.node('sft').bindings]).toEqual([wanted, { batchSize: 'batch' }])
    t.press('Mod+Z')
    unbindField(t.editor, group, key, 'own')
    expect(compiled(t.doc()).hash).toBe(compiled(oneSft().doc).hash)
  })
})

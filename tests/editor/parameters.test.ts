/** Fields that take their value from graph parameters, by the editor's own commands, and what the compiler makes of it. */
import { describe, expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { bindField, parameterFromField, renameParameter, unbindField } from '#src/store/commands/parameters.ts'
import { setNodeParams } from '#src/store/commands/nodes.ts'
import { oneSft } from '../golden/drawings.ts'
import { createTestEditor } from '../support/editor.ts'
import type { TestEditor } from '../support/editor.ts'
import { facts, registry } from '../support/pipeline.ts'

const rateOf = (doc: GraphDoc): unknown => {
  const stage = compile(doc, registry, facts).plan!.stages.find(({ node }) => node === 'sft')
  return stage && 'hyperparameters' in stage ? stage.hyperparameters.learningRate : null
}
const shownRate = (t: TestEditor): unknown => t.editor.views.of(t.doc(), 'sft')!.values['learningRate']

function opened(): TestEditor {
  const doc = oneSft({ learningRate: 1e-4 }).node('p', 'parameter', { name: 'lr', number: 3e-4 }).doc
  return createTestEditor({ doc })
}

describe('a field that is bound to a graph parameter', () => {
  test('takes its value in the plan and in what the card and the inspector show, and follows it', () => {
    const t = opened()
    bindField(t.editor, 'sft', 'learningRate', 'lr')
    expect(t.editor.doc.state.undoLabel).toBe('Use the parameter “lr” for learning rate of SFT')
    expect([rateOf(t.doc()), shownRate(t)]).toEqual([3e-4, 3e-4])
    let redrawn = 0
    t.editor.doc.subscribeNode('sft', () => redrawn++)
    setNodeParams(t.editor, 'p' as never, { number: 5e-4 })
    expect([rateOf(t.doc()), shownRate(t), redrawn]).toEqual([5e-4, 5e-4, 1])
    expect(t.editor.views.of(t.doc(), 'sft')!.summary).toContain('5e-4')
    t.press('Mod+Z')
    expect([rateOf(t.doc()), shownRate(t)]).toEqual([3e-4, 3e-4])
    expect(t.session.model.nodes().find(({ id }) => id === 'sft')!.data.view).toBe(t.editor.views.of(t.doc(), 'sft'))
    t.press('Mod+Z')
    expect([rateOf(t.doc()), shownRate(t)]).toEqual([1e-4, 1e-4])
  })

  test('is freed with what it took, or with what was written at the node before', () => {
    const t = opened()
    bindField(t.editor, 'sft', 'learningRate', 'lr')
    unbindField(t.editor, 'sft', 'learningRate', 'taken')
    expect([t.node('sft').bindings, rateOf(t.doc())]).toEqual([undefined, 3e-4])
    t.press('Mod+Z')
    expect(t.node('sft').bindings).toEqual({ learningRate: 'lr' })
    unbindField(t.editor, 'sft', 'learningRate', 'own')
    expect([t.node('sft').bindings, rateOf(t.doc())]).toEqual([undefined, 1e-4])
  })

  test('can be made a parameter, whose name is free, without a change of the plan', () => {
    const t = opened()
    const before = compile(t.doc(), registry, facts).plan!.hash
    expect(parameterFromField(t.editor, 'sft', 'learningRate')).toBe('learningRate')
    unbindField(t.editor, 'sft', 'learningRate', 'own')
    expect(parameterFromField(t.editor, 'sft', 'learningRate')).toBe('learningRate2')
    expect(parameterFromField(t.editor, 'sft', 'schedule')).toBe('schedule')
    expect(compile(t.doc(), registry, facts).plan!.hash).toBe(before)
    expect(compile(t.doc(), registry, facts).diagnostics).toEqual([])
  })

  test('whose parameter is gone says so, with a fix that frees it', () => {
    const t = opened()
    bindField(t.editor, 'sft', 'learningRate', 'lr')
    t.click('p')
    t.press('Delete')
    const [problem] = compile(t.doc(), registry, facts).diagnostics
    expect(problem).toMatchObject({ code: 'CM3603', at: { node: 'sft', field: 'learningRate' } })
    t.editor.commands.run(problem!.fix!.command, problem!.fix!.args)
    expect(compile(t.doc(), registry, facts).diagnostics).toEqual([])
    expect(rateOf(t.doc())).toBe(1e-4)
  })

  test('is mended where its value stands: at the parameter', () => {
    const t = opened()
    bindField(t.editor, 'sft', 'learningRate', 'lr')
    setNodeParams(t.editor, 'p' as never, { number: 7 })
    const [problem] = compile(t.doc(), registry, facts).diagnostics
    expect(problem).toMatchObject({ code: 'KD2001', at: { on: 'field', node: 'sft', field: 'learningRate' } })
    expect(problem!.fix!.args).toMatchObject({ node: 'p', field: 'number' })
    t.editor.commands.run(problem!.fix!.command, problem!.fix!.args)
    expect(compile(t.doc(), registry, facts).diagnostics).toEqual([])
  })
})

describe('another name for a parameter', () => {
  test('is followed by fields and sweeps, also inside groups, in one step', () => {
    const doc = oneSft()
      .node('p', 'parameter', { name: 'lr', number: 3e-4 })
      .node('sweep', 'sweep', { over: 'lr: 1e-4, 3e-4' }).doc
    const t = createTestEditor({ doc })
    bindField(t.editor, 'sft', 'learningRate', 'lr')
    t.click('sft')
    t.press('Mod+G')
    const before = t.doc()
    const plan = compile(before, registry, facts).plan!
    expect(plan.stages).toHaveLength(2)
    expect(renameParameter(t.editor, 'p', 'rate')).toBeNull()
    expect(t.node('sweep').params['over']).toBe('rate: 1e-4, 3e-4')
    const after = compile(t.doc(), registry, facts)
    expect(after.diagnostics).toEqual(compile(before, registry, facts).diagnostics)
    expect(after.plan!.stages).toHaveLength(2)
    t.press('Mod+Z')
    expect(t.doc()).toEqual(before)
  })

  test('is refused when it is taken or is no name', () => {
    const t = opened()
    t.editor.commands.run('add.parameter')
    parameterFromField(t.editor, 'sft', 'batchSize')
    expect(renameParameter(t.editor, 'p', 'batchSize')).toBe('Another parameter is called “batchSize” already.')
    expect(renameParameter(t.editor, 'p', '1st')).toContain('Name must be 1 to 40 letters')
    expect(renameParameter(t.editor, 'p', 'lr')).toBeNull()
    expect(t.node('p').params['name']).toBe('lr')
  })
})

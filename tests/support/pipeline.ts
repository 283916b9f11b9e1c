/** A drawing with every kind in it, for tests that look at one node: change its params and see what becomes of the plan. */
import { createDefaultRegistry } from '#nodes/index.ts'
import type { Facts } from '#src/ir/dataset.ts'
import type { NodeId } from '#src/base/ids.ts'
import { edit } from '#src/graph/change.ts'
import type { GraphDoc, Params } from '#src/graph/model.ts'
import { setParams } from '#src/graph/ops.ts'
import { draw } from '#src/kinds/drawing.ts'
import { factsOf } from './facts.ts'

export const registry = createDefaultRegistry()

export const facts: Facts = factsOf({
  'pig-latin-sft': { rows: 360 },
  'pig-latin-prompts': { rows: 600 },
  'pig-latin-heldout': { rows: 256 },
})

/** Node by node what differs from the kind's defaults. */
export type Overrides = { readonly [node: string]: Params }

/**
 * model, rows → sft → after → more (a second SFT) and rl; exact + style → rl; model, after and rl → eval on test.
 * All of it compiles without a warning.
 */
export function pipeline(overrides: Overrides = {}): GraphDoc {
  return edit(plain, (draft) => {
    for (const [node, params] of Object.entries(overrides)) setParams(draft, node as NodeId, params)
  }).doc
}

const plain = drawPipeline()

function drawPipeline(): GraphDoc {
  const set = (name: string): Params => ({ source: { type: 'builtin', name } })
  return draw(registry, 'pipeline', 'Pipeline')
    .node('model', 'model', {}, { title: 'Base' })
    .node('rows', 'dataset', { ...set('pig-latin-sft'), heldoutRows: 40 })
    .node('sft', 'train-sft')
    .node('after', 'checkpoint', { name: 'after-sft' })
    .node('more', 'train-sft', {}, { title: 'More SFT' })
    .node('prompts', 'dataset', set('pig-latin-prompts'))
    .node('exact', 'reward', {}, { title: 'Correct' })
    .node('style', 'reward', { grader: 'length', weight: 0.1 }, { title: 'Short' })
    .node('rl', 'train-rl')
    .node('test', 'dataset', set('pig-latin-heldout'))
    .node('eval', 'evaluate')
    .node('note', 'note')
    .wire('model.policy', 'sft.policy')
    .wire('rows.rows', 'sft.dataset')
    .wire('rows.heldout', 'sft.heldout')
    .wire('sft.trained', 'after.policy')
    .wire('after.saved', 'more.policy')
    .wire('rows.rows', 'more.dataset')
    .wire('after.saved', 'rl.policy')
    .wire('prompts.rows', 'rl.dataset')
    .wire('style.reward', 'exact.rewards')
    .wire('exact.reward', 'rl.reward')
    .wire('model.policy', 'eval.policies')
    .wire('after.saved', 'eval.policies')
    .wire('rl.trained', 'eval.policies')
    .wire('test.rows', 'eval.dataset')
    .wire('exact.reward', 'eval.reward').doc
}

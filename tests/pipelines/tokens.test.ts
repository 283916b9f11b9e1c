/** What a plan says of its tokens is what the run uses, to the token where nothing is sampled. */
import { expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import { datasetFacts } from '#src/data/facts.ts'
import { createRenderer } from '#src/data/renderers/registry.ts'
import type { NodeId } from '#src/base/ids.ts'
import { edit } from '#src/graph/change.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { setParams } from '#src/graph/ops.ts'
import type { Facts } from '#src/ir/dataset.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import { loadTokenizer } from '#src/tokenizers/loadTokenizer.ts'
import { tokenizerFiles } from '#src/tokenizers/testing/tokenizerFiles.ts'
import { LESSON } from '#src/training/testing/plans.ts'
import { SMALL } from '#src/training/testing/trainingHost.ts'
import { registry } from '../support/pipeline.ts'
import { evaluated, phases, sft, small } from './smallRuns.ts'

const TEXTS: Readonly<Record<string, string>> = {
  'pig-latin-sft': LESSON.sft,
  'pig-latin-prompts': LESSON.prompts,
  'pig-latin-heldout': LESSON.heldout,
}

/** Facts counted with the tokenizer that the run uses. */
function planOf(doc: GraphDoc): Plan {
  const tokenizer = loadTokenizer(
    tokenizerFiles({ special: ['<|pad|>', '<|end|>', '<|user|>', '<|assistant|>'], eos: '<|end|>' }),
  )
  if (!tokenizer.ok) throw new Error(tokenizer.error.message)
  const renderer = createRenderer('role_colon', tokenizer.value)
  if (!renderer.ok) throw new Error(renderer.error.message)
  const countings = [{ model: SMALL, renderer: renderer.value }]
  const datasets = Object.fromEntries(
    factRequests(doc, registry).map(({ key, request }) => [
      key,
      datasetFacts(request, TEXTS[request.source.name]!, countings),
    ]),
  )
  const facts: Facts = { datasets, models: [{ name: SMALL, maxContext: 64, renderer: 'role_colon' }] }
  const { plan, diagnostics } = compile(doc, registry, facts)
  if (!plan) throw new Error(diagnostics.map((d) => d.message).join('\n'))
  return plan
}

const spentOn = async (doc: GraphDoc) => (await phases(doc)).run.state().spent.models[SMALL]!

test('a supervised stage reads what was promised, held-out rows included', async () => {
  const doc = sft(small(), 'sft', 'model.policy', { epochs: 2, evalEvery: 2 }).wire('test.rows', 'sft.heldout').doc
  const { tokens } = planOf(doc).estimates['sft']!
  expect(tokens!.low).toEqual(tokens!.high)
  expect(await spentOn(doc)).toEqual(tokens!.low)
})

test('rows that are cut are read as far as they are kept', async () => {
  const doc = sft(small(), 'sft', 'model.policy', { maxSequenceLength: 44 }).doc
  expect(await spentOn(doc)).toEqual(planOf(doc).estimates['sft']!.tokens!.low)
})

test('a system prompt counts for about what it is', async () => {
  const doc = edit(sft(small(), 'sft', 'model.policy').doc, (draft) => {
    setParams(draft, 'rows' as NodeId, { systemPrompt: 'Speak so.' })
  }).doc
  const told = planOf(doc).estimates['sft']!.tokens!.low.trained
  const without = planOf(sft(small(), 'sft', 'model.policy').doc).estimates['sft']!.tokens!.low.trained
  const spent = (await spentOn(doc)).trained
  expect(told).toBeGreaterThan(without)
  expect(Math.abs(told / spent - 1)).toBeLessThan(0.1)
})

test('rollouts and evaluations stay within their range, and read prompts as often as was said', async () => {
  const evaluation = evaluated(small(), 'eval', 'model.policy').doc
  const rl = small()
    .node('rl', 'train-rl', { batchSize: 8, groupSize: 4, maxTokens: 8, klCoef: 0.1, removeConstantGroups: false })
    .wire('model.policy', 'rl.policy')
    .wire('rows.rows', 'rl.dataset')
    .wire('short.reward', 'rl.reward').doc
  for (const [doc, id] of [
    [evaluation, 'eval'],
    [rl, 'rl'],
  ] as const) {
    const { low, high } = planOf(doc).estimates[id]!.tokens!
    const spent = await spentOn(doc)
    for (const kind of ['trained', 'prefilled', 'cached', 'sampled'] as const) {
      expect(spent[kind], `${id} ${kind}`).toBeGreaterThanOrEqual(low[kind])
      expect(spent[kind], `${id} ${kind}`).toBeLessThanOrEqual(high[kind])
    }
    expect(spent.cached).toBe(high.cached)
  }
})

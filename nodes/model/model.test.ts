import { expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import type { ModelFacts } from '#src/ir/dataset.ts'
import { testKind } from '../../tests/support/kindSuite.ts'
import { facts, pipeline, registry } from '../../tests/support/pipeline.ts'

const second = { name: 'Qwen/Qwen3-8B', maxContext: 32768, renderer: 'tunegraph' }

testKind({
  kind: 'model',
  node: 'model',
  facts: { ...facts, models: [...facts.models!, second] },
  changes: {
    name: second.name,
    loraRank: 8,
    seed: 1,
    trainAttn: false,
    trainMlp: false,
    trainUnembed: false,
    renderer: 'role_colon',
  },
  refused: [
    [{ name: '' }, 'Base model must be the name of a model, like family/model, not "".'],
    [{ name: 'a b' }, 'Base model must be the name of a model, like family/model, not "a b".'],
    [{ name: 7 }, 'Base model must be the name of a model, like family/model, not 7.'],
    [{ loraRank: 12 }, 'LoRA rank must be one of 1, 2, 4, 8, 16, 32, 64, 128, 256, not 12.'],
    [{ loraRank: '8' }, 'LoRA rank must be one of 1, 2, 4, 8, 16, 32, 64, 128, 256, not "8".'],
    [{ seed: -1 }, 'Adapter seed must be a whole number from 0 to 2147483647, not -1.'],
    [{ seed: 0.5 }, 'Adapter seed must be a whole number from 0 to 2147483647, not 0.5.'],
    [{ trainMlp: 'yes' }, 'Train MLP must be on or off (true or false), not "yes".'],
    [
      { renderer: 'chatml' },
      'Renderer must be one of auto, tunegraph, role_colon, qwen3, qwen3_disable_thinking, llama3, not "chatml".',
    ],
    [
      { trainAttn: false, trainMlp: false, trainUnembed: false },
      'At least one of attention, MLP and unembedding must be trained.',
    ],
  ],
  diagnosed: {
    KD2001: { params: { loraRank: 12 } },
    KD2002: { params: { trainAttn: false, trainMlp: false, trainUnembed: false } },
    KD2101: { facts: { ...facts, models: null } },
    KD2102: { params: { name: 'meta/unknown' } },
    KD2103: { params: { trainMlp: false } },
    KD2104: { params: { renderer: 'qwen3' } },
  },
  golden: (plan) => plan.stages.map((s) => (s.mode === 'evaluate' ? s.evaluation.policies[0] : s.model)),
})

/** What is said of the renderer or name of a model when the backend offers these. */
function said(params: { readonly name: string; readonly renderer?: string }, models: readonly ModelFacts[]) {
  const { diagnostics } = compile(pipeline({ model: params }), registry, { ...facts, models })
  return diagnostics.filter(({ code }) => code === 'KD2104' || code === 'KD2102')
}
const offer = (name: string, renderer: string): ModelFacts => ({ name, maxContext: 32_768, renderer })

test.each([
  ['qwen3', 'qwen3_disable_thinking', null],
  ['qwen3', 'role_colon', 'warning'],
  ['role_colon', 'qwen3', 'warning'],
  ['role_colon', 'tunegraph', 'error'],
  ['qwen3', 'llama3', 'error'],
  ['llama3', 'qwen3_disable_thinking', 'error'],
  ['tunegraph', 'qwen3', 'error'],
])('a model of the format %s written with %s: %s', (own, renderer, severity) => {
  const found = said({ name: 'Qwen/Qwen3-8B', renderer }, [offer('Qwen/Qwen3-8B', own)])
  expect(found.map((d) => d.severity)).toEqual(severity === null ? [] : [severity])
})

test('a model that is gone is followed by its successor, or by the most similar name', () => {
  const models = ['tunegraph/tiny-1m', 'Qwen/Qwen3.5-4B', 'Qwen/Qwen3.6-27B'].map((name) => offer(name, 'role_colon'))
  const fixOf = (name: string) => said({ name }, models)[0]!.fix!.args['value']
  expect(fixOf('Qwen/Qwen3.5-27B')).toBe('Qwen/Qwen3.6-27B')
  expect(fixOf('Qwen/Qwen3.5-9B')).toBe('Qwen/Qwen3.5-4B')
  expect(fixOf('meta-llama/Llama-3.1-8B')).toBe('tunegraph/tiny-1m')
})

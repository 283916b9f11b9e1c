import { testKind } from '../../tests/support/kindSuite.ts'
import { facts } from '../../tests/support/pipeline.ts'

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

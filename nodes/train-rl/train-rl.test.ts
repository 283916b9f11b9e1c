import { expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import { draw } from '#src/kinds/drawing.ts'
import { testKind } from '../../tests/support/kindSuite.ts'
import { facts, pipeline, registry } from '../../tests/support/pipeline.ts'

testKind({
  kind: 'train-rl',
  node: 'rl',
  changes: {
    learningRate: 1e-5,
    schedule: 'linear',
    warmupRatio: 0.1,
    batchSize: 8,
    groupSize: 16,
    temperature: 0.9,
    topP: 0.9,
    maxTokens: 32,
    epochs: 2,
    maxSteps: 7,
    maxSequenceLength: 256,
    loss: 'ppo',
    clipLow: { to: 0.7, with: { loss: 'ppo' } },
    clipHigh: { to: 1.3, with: { loss: 'ppo' } },
    klCoef: 0.05,
    klDiscount: { to: 0.5, with: { klCoef: 0.05 } },
    substeps: { to: 2, with: { loss: 'ppo' } },
    removeConstantGroups: false,
    normalizeAdvantages: true,
    seed: 1,
    continueOptimizer: true,
    beta1: 0.8,
    beta2: 0.999,
    eps: 1e-12,
    weightDecay: 0.01,
    gradClipNorm: 1,
  },
  refused: [
    [{ groupSize: 1 }, 'Group size must be a whole number from 2 to 256 answers, not 1.'],
    [{ batchSize: 0 }, 'Prompts per step must be a whole number from 1 to 4096 prompts, not 0.'],
    [{ temperature: 2.5 }, 'Temperature must be a number from 0 to 2, not 2.5.'],
    [
      { temperature: 0 },
      'Temperature must be above 0: without chance all answers of a group are equal and nothing is learned.',
    ],
    [{ topP: 0 }, 'Top-p must be a number from 0.01 to 1, not 0.'],
    [{ maxTokens: 0 }, 'Longest answer must be a whole number from 1 to 131072 tokens, not 0.'],
    [{ loss: 'dro' }, 'Loss must be one of importance_sampling, ppo, not "dro".'],
    [{ loss: 'ppo', clipHigh: 0.2 }, 'Clip above must be a number from 1 to 10, not 0.2.'],
    [{ loss: 'ppo', clipLow: 1.2 }, 'Clip below must be a number from 0 to 1, not 1.2.'],
    [{ klCoef: -0.1 }, 'KL penalty must be a number from 0 to 10, not -0.1.'],
    [{ substeps: 0 }, 'Optimizer steps per batch must be a whole number from 1 to 64 steps, not 0.'],
    [{ normalizeAdvantages: null }, 'Divide by the spread must be on or off (true or false), not null.'],
  ],
  diagnosed: {
    KD2501: { params: { groupSize: 2 } },
    KD2502: { params: { temperature: 0.7, topP: 0.9 } },
    KD2503: { params: { klCoef: 1 } },
    KD2504: { params: { substeps: 4 } },
    KD2505: { doc: pipeline({ exact: { grader: 'regex', pattern: '^\\w+$' } }) },
    KD2506: { doc: twoPaths() },
    KD2507: { doc: pipeline({ exact: { weight: 0 }, style: { grader: 'length', weight: 0 } }) },
  },
  golden: (plan) => plan.stages.find((stage) => stage.id === 'rl'),
})

/** One reward goes to the trainer by itself and through another one. */
function twoPaths() {
  return draw(registry)
    .node('model', 'model')
    .node('prompts', 'dataset', { source: { type: 'builtin', name: 'pig-latin-prompts' } })
    .node('exact', 'reward')
    .node('short', 'reward', { grader: 'length', weight: 0.1 })
    .node('rl', 'train-rl')
    .wire('model.policy', 'rl.policy')
    .wire('prompts.rows', 'rl.dataset')
    .wire('exact.reward', 'short.rewards')
    .wire('exact.reward', 'rl.reward')
    .wire('short.reward', 'rl.reward').doc
}

test('a reward that arrives on two paths is counted once', () => {
  const [stage] = compile(twoPaths(), registry, facts).plan!.stages
  expect(stage!.mode === 'rl' && stage!.rl.rewards.map((r) => r.node)).toEqual(['exact', 'short'])
})

test('values of hidden fields change nothing', () => {
  const plain = compile(pipeline(), registry, facts).plan
  expect(compile(pipeline({ rl: { clipLow: 0.5, clipHigh: 3, klDiscount: 0.9 } }), registry, facts).plan).toEqual(plain)
})

test('a refused value of a hidden field does not stand in the way', () => {
  const { plan, diagnostics } = compile(pipeline({ rl: { clipLow: 'wrong' } }), registry, facts)
  expect(diagnostics).toEqual([])
  expect(plan).toEqual(compile(pipeline(), registry, facts).plan)
})

test.each([
  [{ exact: { weight: 0 }, style: { grader: 'length' } }, true],
  [{ exact: { weight: -1 }, style: { grader: 'length' } }, true],
  [{ exact: { weight: 0.1 }, style: { grader: 'length', weight: 0.01 } }, false],
  [{ exact: { weight: 0 }, style: { grader: 'length', weight: 0 } }, false],
])('whether %j pays for the form alone: %s', (rewards, formOnly) => {
  const { diagnostics } = compile(pipeline(rewards), registry, facts)
  expect(diagnostics.some(({ code }) => code === 'KD2505')).toBe(formOnly)
})

test.each([
  [{ groupSize: 4 }, []],
  [{ groupSize: 3 }, ['KD2501']],
  [{ temperature: 1, topP: 1 }, []],
  [{ temperature: 0.95 }, ['KD2502']],
  [{ topP: 0.99 }, ['KD2502']],
  [{ klCoef: 0.5 }, []],
  [{ klCoef: 0.51 }, ['KD2503']],
  [{ substeps: 1 }, []],
  [{ substeps: 2 }, ['KD2504']],
  [{ substeps: 2, loss: 'ppo' }, []],
  [{ warmupRatio: 0.3 }, []],
  [{ warmupRatio: 0.31 }, ['KD2403']],
])('of %j is said: %j', (rl, codes) => {
  const { diagnostics } = compile(pipeline({ rl }), registry, facts)
  expect(diagnostics.map(({ code }) => code)).toEqual(codes)
})

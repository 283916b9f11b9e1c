/** Every field of the IR changes what a run does: each case changes one and the run's record must differ from the plain run's. */
import { afterAll, describe, expect, test } from 'vitest'
import { canonicalJson } from '../base/canonicalJson.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { NodeId } from '../base/ids.ts'
import type { GraderSpec, PipelineConfig, RewardSpec } from '../ir/pipelineConfig.ts'
import { EXACT, LESSON, SHORT, dataset, evaluateStage, planOf, rlStage, sftStage, small } from './testing/plans.ts'
import { smallBackend, testRun } from './testing/trainingHost.ts'

const backend = smallBackend()
afterAll(() => backend.close())

/** Everything recorded that does not depend on time or on the server's names. */
async function record(...stages: readonly PipelineConfig[]): Promise<string> {
  const run = testRun(backend, planOf(...stages.map(small)), LESSON)
  expect(await run.run(), run.state()?.failure?.message).toBe('finished')
  const events = run.events.map((event): unknown => {
    if (event.type === 'runStarted') return event.type
    if (event.type === 'spent') return event.spent.models
    if (event.type !== 'checkpointSaved') return { ...event, at: 0 }
    const { stage, name, step, expiresAt } = event.checkpoint
    return { stage, name, step, expires: expiresAt === null ? null : Math.round((expiresAt - run.clock()) / 60_000) }
  })
  return sha256Hex(canonicalJson({ events, points: run.untimedPoints(), rollouts: run.rollouts }))
}

const sft = {
  hyperparameters: { batchSize: 4, maxSteps: 3, schedule: 'constant' },
  dataset: dataset('sft', { limit: 24 }),
} as const
const sftPlain = record(sftStage(sft))
type SftChange = Parameters<typeof sftStage>[0]
const hyper = (change: Partial<ReturnType<typeof sftStage>['hyperparameters']>): SftChange => ({
  ...sft,
  hyperparameters: { ...sft.hyperparameters, ...change },
})
const { adam } = sftStage().hyperparameters
const { model } = sftStage()

describe('a supervised stage differs by its', () => {
  test.each<[string, SftChange]>([
    ['learning rate', hyper({ learningRate: 5e-4 })],
    ['schedule', hyper({ schedule: 'cosine' })],
    ['warm-up', hyper({ warmupRatio: 0.5 })],
    ['batch size', hyper({ batchSize: 5 })],
    ['epochs', hyper({ epochs: 2, maxSteps: 0 })],
    ['accumulation', hyper({ gradientAccumulation: 2 })],
    ['steps at most', hyper({ maxSteps: 2 })],
    ['sequence length', hyper({ maxSequenceLength: 30 })],
    ['seed', hyper({ seed: 8 })],
    ['beta1', hyper({ adam: { ...adam, beta1: 0.5 } })],
    ['beta2', hyper({ adam: { ...adam, beta2: 0.5 } })],
    ['epsilon', hyper({ adam: { ...adam, eps: 1e-3 } })],
    ['weight decay', hyper({ adam: { ...adam, weightDecay: 0.5 } })],
    ['clipping', hyper({ adam: { ...adam, gradClipNorm: 0.01 } })],
    ['trained messages', { ...sft, sft: { trainOnWhat: 'all_tokens', evalEvery: 2 } }],
    ['cadence of held-out loss', { ...sft, sft: { trainOnWhat: 'all_assistant_messages', evalEvery: 1 } }],
    ['held-out rows', { ...sft, heldout: dataset('heldout', { limit: 15 }) }],
    ['rank', { ...sft, model: { ...model, loraRank: 2 } }],
    ['adapter seed', { ...sft, model: { ...model, seed: 4 } }],
    ['attention layers', { ...sft, model: { ...model, trainAttn: false } }],
    ['MLP layers', { ...sft, model: { ...model, trainMlp: false } }],
    ['unembedding', { ...sft, model: { ...model, trainUnembed: true } }],
    ['checkpoints', { ...sft, checkpointing: [{ node: null, name: 'a', every: 0, ttlSeconds: null }] }],
    ['limit of rows', { ...sft, dataset: dataset('sft', { limit: 23 }) }],
    ['split seed', { ...sft, dataset: dataset('sft', { limit: 24, splitSeed: 2 }) }],
    ['part', { ...sft, dataset: dataset('sft', { limit: 24, part: 'train', heldoutRows: 10 }) }],
    ['system prompt', { ...sft, dataset: dataset('sft', { limit: 24, systemPrompt: 'Hm' }) }],
    [
      'columns',
      {
        ...sft,
        dataset: dataset('prompts', {
          limit: 24,
          mapping: { type: 'prompt', prompt: 'answer', answer: 'prompt', system: null },
        }),
      },
    ],
  ])('%s', async (_, change) => {
    expect(await record(sftStage(change))).not.toBe(await sftPlain)
  })

  test('nothing else: the same stage twice leaves the same record', async () => {
    expect(await record(sftStage(sft))).toBe(await sftPlain)
  })

  test('checkpoint name, cadence and lifetime', async () => {
    const save = { node: null, name: 'a', every: 1, ttlSeconds: 3600 }
    const records = [save, { ...save, name: 'b' }, { ...save, every: 2 }, { ...save, ttlSeconds: 7200 }].map((spec) =>
      record(sftStage({ ...sft, checkpointing: [spec] })),
    )
    expect(new Set(await Promise.all(records)).size).toBe(4)
  })

  test('start: base, weights, or weights with the optimizer', async () => {
    const first = sftStage(sft)
    const second = (start: ReturnType<typeof sftStage>['start']): Promise<string> =>
      record(first, { ...sftStage({ ...sft, start, dependsOn: [first.id] }), id: 'second' as typeof first.id })
    const from = { from: 'stage', stage: first.id, checkpoint: 'final' } as const
    const records = [
      second({ from: 'base' }),
      second({ ...from, load: 'weights' }),
      second({ ...from, load: 'weights-and-optimizer' }),
    ]
    expect(new Set(await Promise.all(records)).size).toBe(3)
  })
})

type RlChange = Parameters<typeof rlStage>[0]
const base = { maxSteps: 2, learningRate: 0.02 } as const
const rl = (change: NonNullable<RlChange>['rl'], hyperparameters = {}): RlChange => ({
  hyperparameters: { ...base, ...hyperparameters },
  rl: { loss: 'ppo', substeps: 2, klCoef: 0.1, ...change },
})
const rlPlain = record(rlStage(rl({})))
const graded = (grader: GraderSpec, weight = 1): RewardSpec => ({ ...SHORT, weight, grader })

describe('a reinforcement stage differs by its', () => {
  test.each<[string, RlChange]>([
    ['group size', rl({ groupSize: 3 })],
    ['temperature', rl({ sampling: { temperature: 0.7, topP: 1, maxTokens: 12 } })],
    ['top-p', rl({ sampling: { temperature: 1, topP: 0.5, maxTokens: 12 } })],
    ['longest answer', rl({ sampling: { temperature: 1, topP: 1, maxTokens: 11 } })],
    ['loss', rl({ loss: 'importance_sampling' })],
    ['lower clip', rl({ clipLow: 0.99 })],
    ['upper clip', rl({ clipHigh: 1.01 })],
    ['KL coefficient', rl({ klCoef: 0 })],
    ['KL discount', rl({ klDiscount: 0.9 })],
    ['optimizer steps per batch', rl({ substeps: 1 })],
    ['normalised advantages', rl({ normalizeAdvantages: true })],
    ['prompts per step', rl({}, { batchSize: 3 })],
    ['seed', rl({}, { seed: 1 })],
    ['prompt length', rl({}, { maxSequenceLength: 38 })],
    ['reward weight', rl({ rewards: [{ ...SHORT, weight: 2 }] })],
    ['second reward', rl({ rewards: [SHORT, { ...EXACT, node: 'n_2' as NodeId }] })],
    ['shortest length', rl({ rewards: [graded({ type: 'length', min: 9, max: 9, falloff: 40, unit: 'characters' })] })],
    ['longest length', rl({ rewards: [graded({ type: 'length', min: 0, max: 8, falloff: 40, unit: 'characters' })] })],
    ['falloff', rl({ rewards: [graded({ type: 'length', min: 0, max: 0, falloff: 20, unit: 'characters' })] })],
    ['unit of length', rl({ rewards: [graded({ type: 'length', min: 0, max: 0, falloff: 40, unit: 'words' })] })],
  ])('%s', async (_, change) => {
    expect(await record(rlStage(change))).not.toBe(await rlPlain)
  })

  test('treatment of groups without a signal', async () => {
    const rewards = [graded({ type: 'regex', pattern: '[aeiou]', flags: '', compareGroup: false })]
    const records = [true, false].map((removeConstantGroups) =>
      record(rlStage({ hyperparameters: base, rl: { rewards, removeConstantGroups } })),
    )
    expect(await records[0]).not.toBe(await records[1])
  })
})

describe('an evaluation differs by its', () => {
  const spec = evaluateStage().evaluation
  const sampled = { ...spec, rewards: [SHORT], sampling: { temperature: 1, topP: 1, maxTokens: 12 } }
  const plain = record(evaluateStage({ evaluation: sampled }))
  test.each([
    ['seed', { ...sampled, seed: 6 }],
    ['answers per row', { ...sampled, samplesPerRow: 2 }],
    ['temperature', { ...sampled, sampling: { ...sampled.sampling, temperature: 0 } }],
    ['top-p', { ...sampled, sampling: { ...sampled.sampling, topP: 0.5 } }],
    ['longest answer', { ...sampled, sampling: { ...sampled.sampling, maxTokens: 8 } }],
    ['rewards', { ...sampled, rewards: [EXACT] }],
    ['policies', { ...sampled, policies: [...spec.policies, { ...spec.policies[0]!, label: 'again' }] }],
  ])('%s', async (_, evaluation) => {
    expect(await record(evaluateStage({ evaluation }))).not.toBe(await plain)
  })
})

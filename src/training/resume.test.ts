import { afterAll, describe, expect, test } from 'vitest'
import type { StageId } from '../base/ids.ts'
import type { RunEventBody } from '../ir/runEvent.ts'
import { createServiceClient } from '../tinker/index.ts'
import { LESSON, SMALL_MODEL, evaluateStage, planOf, rlStage, sftStage, small } from './testing/plans.ts'
import { smallBackend, testRun } from './testing/trainingHost.ts'
import type { TestRun } from './testing/trainingHost.ts'

const backend = smallBackend()
afterAll(() => backend.close())

const sft = sftStage({
  dataset: { ...sftStage().dataset, limit: 32 },
  hyperparameters: { epochs: 2, batchSize: 8, gradientAccumulation: 2 },
  checkpointing: [{ node: null, name: 'named', every: 2, ttlSeconds: null }],
})
const rl = rlStage({
  start: { from: 'stage', stage: 'sft' as StageId, checkpoint: 'final', load: 'weights' },
  dependsOn: ['sft' as StageId],
  hyperparameters: { learningRate: 3e-3 },
  rl: { substeps: 2, loss: 'ppo', klCoef: 0.05 },
})
const evaluate = evaluateStage({
  dependsOn: [rl.id],
  dataset: { ...evaluateStage().dataset, limit: 8 },
  evaluation: {
    ...evaluateStage().evaluation,
    rewards: rl.rl.rewards,
    policies: [
      ...evaluateStage().evaluation.policies,
      {
        label: 'rl',
        node: rl.node,
        model: SMALL_MODEL,
        source: { from: 'stage', stage: rl.id, checkpoint: 'final', load: 'weights' },
        conditions: [],
      },
    ],
  },
})
const plan = planOf(small(sft), small(rl), small(evaluate))

/** Everything that a run leaves which does not depend on time or on the server's names. */
async function outcome(run: TestRun): Promise<unknown> {
  const state = run.state()
  const series = ['train/loss', 'heldout/loss', 'reward/total', 'optim/lr', 'optim/kl_start', 'optim/entropy']
  const save = state.checkpoints.find((c) => c.stage === rl.id && c.name === 'final')!
  const service = createServiceClient({ baseUrl: 'http://backend', fetch: (request) => backend.fetch(request) })
  const sampler = await service.createSamplingClient({ modelPath: save.samplerPath! })
  const logprobs = await sampler.computeLogprobs(Int32Array.from([85, 115, 101, 114, 58, 32, 97, 98])).result()
  await service.close()
  return {
    points: series.map((name) => [name, run.points(name)]),
    stages: Object.entries(state.stages).map(([id, stage]) =>
      stage.phase === 'finished' ? [id, stage.steps, stage.totalSteps, stage.first, stage.last] : [id, stage.phase],
    ),
    evaluations: state.evaluations,
    checkpoints: state.checkpoints.map(({ stage, name, step, rolling }) => [stage, name, step, rolling]).sort(),
    logprobs: [...logprobs],
  }
}

const whole = (async () => {
  const run = testRun(backend, plan, LESSON)
  expect(await run.run({ rollingSaveMs: 0 })).toBe('finished')
  return outcome(run)
})()

describe('a run that was cut off', () => {
  const isSave = (event: RunEventBody, stage: string, step: number): boolean =>
    event.type === 'checkpointSaved' && event.checkpoint.stage === stage && event.checkpoint.step === step

  test.each<[string, (event: RunEventBody) => boolean]>([
    ['before anything was saved', (event) => event.type === 'stageStarted'],
    ['just before a save of SFT is on record', (event) => isSave(event, 'sft', 3)],
    ['just after a save of SFT, before the older one is removed', (event) => event.type === 'checkpointDeleted'],
    ['before SFT is finished', (event) => event.type === 'stageFinished'],
    ['in the middle of RL', (event) => isSave(event, 'rl', 4)],
    ['before the first score', (event) => event.type === 'evaluated'],
    ['between two scores', (event) => event.type === 'evaluated' && event.result.label === 'rl'],
  ])('%s ends with the same bytes as one that was not', async (_, isCut) => {
    const run = testRun(backend, plan, LESSON)
    let cut = false
    const onEvent = (event: RunEventBody): void => {
      if (cut || !isCut(event)) return
      cut = true
      throw new Error('the tab is gone')
    }
    await run.run({ rollingSaveMs: 0, onEvent }).catch(() => 'cut off')
    expect(cut).toBe(true)
    expect(run.state().phase).toBe('running')
    expect(await run.run({ resume: run.state(), rollingSaveMs: 0 })).toBe('finished')
    expect(await outcome(run)).toEqual(await whole)
  })

  test('goes on from an earlier save, or from the start, when the server has lost the last one', async () => {
    const run = testRun(backend, planOf(small(sft)), LESSON)
    await run.run({
      rollingSaveMs: 0,
      onEvent(event) {
        if (isSave(event, 'sft', 3)) throw new Error('the tab is gone')
      },
    })
    const saved = run.state().checkpoints
    const service = createServiceClient({ baseUrl: 'http://backend', fetch: (request) => backend.fetch(request) })
    for (const { statePath } of saved) await (await service.rest()).deleteCheckpoint(statePath)
    await service.close()
    expect(await run.run({ resume: run.state() })).toBe('finished')
    expect(run.events.find((event) => event.type === 'stageResumed')).toMatchObject({ step: 0 })
    expect(run.events.filter((event) => event.type === 'log' && event.level === 'warning')).toHaveLength(saved.length)
    expect(run.points('train/loss').map(([, step]) => step)).toEqual([0, 1, 2, 3])
  })
})

test('each rolling save replaces the one before, and none is left at the end', async () => {
  const run = testRun(backend, planOf(small(sftStage({ heldout: null }))), LESSON)
  await run.run({ rollingSaveMs: 0 })
  const kept: string[] = []
  let most = 0
  for (const event of run.events) {
    if (event.type === 'checkpointSaved' && event.checkpoint.rolling) kept.push(event.checkpoint.statePath)
    if (event.type === 'checkpointDeleted') kept.splice(kept.indexOf(event.statePath), 1)
    most = Math.max(most, kept.length)
  }
  expect([most, kept.length]).toEqual([2, 0])
  expect(run.state().checkpoints.map((c) => c.name)).toEqual(['final'])
})

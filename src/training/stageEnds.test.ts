import { afterAll, describe, expect, test } from 'vitest'
import type { StageId } from '../base/ids.ts'
import * as plans from './testing/plans.ts'
import type { PipelineConfig } from '../ir/pipelineConfig.ts'
import { EXACT, LESSON, SHORT, SMALL_MODEL, dataset, planOf, small } from './testing/plans.ts'
import { smallBackend, testRun } from './testing/trainingHost.ts'
import type { RunTuning, TestRun } from './testing/trainingHost.ts'

const backend = smallBackend()
afterAll(() => backend.close())
const sftStage: typeof plans.sftStage = (changes) => small(plans.sftStage(changes))
const rlStage: typeof plans.rlStage = (changes) => small(plans.rlStage(changes))
const evaluateStage: typeof plans.evaluateStage = (changes) => small(plans.evaluateStage(changes))

const withoutLogprobs = changed((text) =>
  JSON.stringify(JSON.parse(text), (key, value: unknown) => (key === 'logprobs' ? undefined : value)),
)

async function failureOf(stage: PipelineConfig, tuning: RunTuning = {}, rows = {}): Promise<string> {
  const run = testRun(backend, planOf(stage), { ...LESSON, ...rows })
  expect(await run.run(tuning)).toBe('failed')
  const state = run.state()
  const ended = state.stages[stage.id]!
  expect([state.phase, ended.phase]).toEqual(['failed', 'failed'])
  expect(ended.phase === 'failed' && ended.diagnostic).toEqual(state.failure)
  return `${state.failure!.code}: ${state.failure!.message}`
}

describe('a stage fails with its cause', () => {
  test('when the rows do not fill one step (TR5001)', async () => {
    const few = dataset('sft', { limit: 7 })
    expect(await failureOf(sftStage({ dataset: few }))).toMatch(/TR5001.*7 rows do not fill one step of 8 × 1/)
    expect(await failureOf(rlStage({ hyperparameters: { batchSize: 32 } }))).toMatch(/TR5001.*16 prompts/)
  })

  test('when no batch ever had a signal, so no optimizer step was taken (TR5002)', async () => {
    const stage = rlStage({ rl: { rewards: [{ ...EXACT, weight: 0 }] }, hyperparameters: { maxSteps: 2 } })
    expect(await failureOf(stage)).toMatch(/TR5002.*all 2 batches/)
  })

  test('when the loss is not finite (TR5003)', async () => {
    const wild = { learningRate: 1e30, schedule: 'constant' } as const
    expect(await failureOf(sftStage({ heldout: null, hyperparameters: wild }))).toMatch(/TR5003.*learning rate/)
  })

  test('when the checkpoint that it starts from was not saved (TR5004)', async () => {
    const start = { from: 'stage', stage: 'gone' as StageId, checkpoint: 'final', load: 'weights' } as const
    expect(await failureOf(sftStage({ start }))).toMatch(/TR5004.*"final"/)
    const policies = [{ label: 'x', node: sftStage().node, model: SMALL_MODEL, source: start, conditions: [] }]
    const evaluation = { ...evaluateStage().evaluation, policies }
    expect(await failureOf(evaluateStage({ evaluation }))).toMatch(/TR5004/)
  })

  test('when no row has anything to train on (TR5005)', async () => {
    expect(await failureOf(sftStage({ hyperparameters: { maxSequenceLength: 4 } }))).toMatch(/TR5005.*within 4 tokens/)
  })

  test('when no prompt leaves room for an answer (TR5006)', async () => {
    expect(await failureOf(rlStage({ hyperparameters: { maxSequenceLength: 14 } }))).toMatch(
      /TR5006.*more than 2 tokens/,
    )
    const empty = evaluateStage({ dataset: dataset('none', {}) })
    expect(await failureOf(empty, {}, { none: '{"prompt":""}' })).toMatch(/TR5006/)
  })

  test('when the server leaves out the logprobs that it must have (TR5007)', async () => {
    expect(await failureOf(rlStage(), { fetch: withoutLogprobs })).toMatch(/TR5007.*sampled tokens/)
    expect(await failureOf(sftStage({ heldout: null }), { fetch: withoutLogprobs })).toMatch(/TR5007.*targets/)
  })

  test('when the server’s gradient is finite no more (TR5108)', async () => {
    const overflowing = () => {
      let steps = 0
      const norm = (told: string): string => (steps++ < 2 ? told : '"grad_norm:mean":null')
      return changed((text) => text.replace(/"grad_norm:mean":[\d.]+/, norm))
    }
    expect(await failureOf(sftStage({ heldout: null }), { fetch: overflowing() })).toMatch(/TR5108.*grad_norm is NaN/)
    expect(await failureOf(rlStage(), { fetch: overflowing() })).toMatch(/TR5108.*grad_norm is NaN/)
  })

  test('when no row has the answer that its reward compares with (RW9004)', async () => {
    const rows = { prompts: '{"prompt":"a"}\n'.repeat(8) }
    expect(await failureOf(rlStage({ rl: { rewards: [EXACT] } }), {}, rows)).toMatch(/RW9004/)
  })

  test('when the renderer does not fit the model, the server does not know the model, or Tunegraph has a bug', async () => {
    expect(await failureOf({ ...sftStage(), renderer: 'qwen3' })).toMatch(/DA8022/)
    expect(await failureOf({ ...sftStage(), model: { ...SMALL_MODEL, name: 'no/model' } })).toMatch(
      /TK40\d\d.*no\/model/,
    )
    expect(await failureOf(sftStage({ dataset: dataset('unknown') }))).toMatch(/TR5008/)
  })
})

describe('a plan', () => {
  test('ends what depends on a failed stage and still runs the rest', async () => {
    const broken = sftStage({ dataset: dataset('sft', { limit: 1 }) })
    const child = rlStage({
      start: { from: 'stage', stage: broken.id, checkpoint: 'final', load: 'weights' },
      dependsOn: [broken.id],
    })
    const other = { ...evaluateStage({ dataset: dataset('heldout', { limit: 2 }) }), id: 'other' as StageId }
    const run = testRun(backend, planOf(broken, child, other), LESSON)
    expect(await run.run()).toBe('failed')
    const phases = Object.entries(run.state().stages).map(([id, stage]) => [id, stage.phase])
    expect(phases).toEqual([
      ['sft', 'failed'],
      ['rl', 'queued'],
      ['other', 'finished'],
    ])
    expect(run.state().failure!.code).toBe('TR5001')
  })
})

describe('Stop', () => {
  test.each([
    ['SFT', sftStage({ hyperparameters: { epochs: 50 } }), 'train/loss'],
    ['RL', rlStage({ hyperparameters: { epochs: 50 } }), 'reward/total'],
  ] as const)('ends %s at once and says how far it came', async (_, stage, series) => {
    const run = testRun(backend, planOf(stage), LESSON)
    let stoppedAt = 0
    const stop = (): void => {
      stoppedAt = performance.now()
      run.stop()
    }
    // Told by the run itself, while it goes on: a timer may wait until it is over where all is in one thread.
    const boundary = async (): Promise<void> => {
      if (stoppedAt === 0 && run.points(series).length >= 2) void Promise.resolve().then(stop)
    }
    expect(await run.run({ boundary })).toBe('stopped')
    expect(performance.now() - stoppedAt).toBeLessThan(500)
    const state = run.state()
    expect([state.phase, state.stages[stage.id]!.phase]).toEqual(['stopped', 'stopped'])
    expect(run.events.find((event) => event.type === 'stageStopped')!.steps).toBe(run.points(series).length)
  })
})

test('Pause waits at the boundary with everything measured, and the run ends as if it had not paused', async () => {
  const stage = sftStage({ heldout: null })
  const plain = testRun(backend, planOf(stage), LESSON)
  await plain.run()
  const paused = testRun(backend, planOf(stage), LESSON)
  let open = (): void => undefined
  let passed = 0
  const ended = paused.run({
    boundary: () => (++passed === 4 ? new Promise<void>((resolve) => (open = resolve)) : Promise.resolve()),
  })
  await until(() => paused.points('train/loss').length === 3)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(paused.points('train/loss')).toHaveLength(3)
  open()
  expect(await ended).toBe('finished')
  expect(paused.points('train/loss')).toEqual(plain.points('train/loss'))
})

test('patterns that give up are reported once per batch', async () => {
  const evil = { type: 'regex', pattern: '(?:.?){40}\\u0000', flags: 's', compareGroup: false } as const
  const rewards = [SHORT, { ...EXACT, grader: evil }]
  const run: TestRun = testRun(backend, planOf(rlStage({ rl: { rewards }, hyperparameters: { maxSteps: 1 } })), LESSON)
  await run.run()
  const warnings = run.events.filter((event) => event.type === 'log' && event.message.includes('took too long'))
  expect(warnings).toHaveLength(1)
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** A proxy that strips logprobs from every result, as a poorer server would. */
/** The backend with the text of its answers changed on the way. */
function changed(change: (text: string) => string): (request: Request) => Promise<Response> {
  return async (request) => {
    const headers = new Headers(request.headers)
    headers.set('accept', 'application/json')
    const body = request.method === 'GET' ? {} : { body: await request.arrayBuffer() }
    const response = await backend.fetch(new Request(request.url, { method: request.method, headers, ...body }))
    const answer = { status: response.status, headers: { 'content-type': 'application/json' } }
    return new Response(change(await response.text()), answer)
  }
}

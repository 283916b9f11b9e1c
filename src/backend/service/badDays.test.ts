import { describe, expect, test } from 'vitest'
import { systemClock } from './clock.ts'
import { backendClient, samplePrompt, textDatum, trainBody } from './testing/backendClient.ts'
import type { Clock } from './clock.ts'
import type { Behaviour } from './badDays.ts'
import type { BackendClient, Json } from './testing/backendClient.ts'

/** Time stands still; sleeping waits only for the signal. */
function stoppedClock(): Clock {
  return { now: () => 1_700_000_000_000, sleep: (_ms, signal) => systemClock.sleep(2000, signal) }
}

describe('bad days', () => {
  test('are seeded, and a client that repeats its requests still gets exactly one step each', async () => {
    const client = backendClient({ behaviour: { failRate: 0.5, seed: 4 } })
    const statuses: number[] = []
    const insist = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
      for (;;) {
        const answer = await client.post(path, body)
        statuses.push(answer.status)
        if (answer.status === 200 && answer.body['type'] !== 'try_again') return answer.body
        expect([200, 503]).toContain(answer.status)
      }
    }
    const run = async (path: string, body: unknown): Promise<Record<string, unknown>> =>
      insist('retrieve_future', { request_id: (await insist(path, body))['request_id'] })
    const session_id = (await insist('create_session', {}))['session_id']
    const lora_config = { rank: 2, seed: 1 }
    const created = await run('create_model', { session_id, model_seq_id: 0, base_model: 'test/tiny', lora_config })
    const model = created['model_id'] as string
    for (let step = 0; step < 5; step++) {
      await run('forward_backward', trainBody(model, 2 * step + 1, [textDatum('abc')]))
      const optim = await run('optim_step', { model_id: model, seq_id: 2 * step + 2, adam_params: {} })
      expect(optim['metrics']).toMatchObject({ 'optimizer_step:max': step + 1 })
    }
    expect(statuses.filter((s) => s === 503).length).toBeGreaterThan(5)
    await client.backend.close()
  })

  test('limit the rate of submissions', async () => {
    const client = backendClient({ clock: stoppedClock(), behaviour: { rateLimit: 2 } })
    const ask = { base_model: 'test/tiny', prompt: samplePrompt('a'), sampling_params: { max_tokens: 1 } }
    const statuses = [1, 2, 3].map(() => client.post('asample', ask))
    expect((await Promise.all(statuses)).map((a) => a.status)).toEqual([200, 200, 429])
    await client.backend.close()
  })
})

/** A client of a backend that behaves so; and what ten training steps and their polls saw. */
async function tenSteps(
  behaviour: Behaviour,
): Promise<{ client: BackendClient; answers: Json[]; failures: unknown[] }> {
  const client = backendClient({ holdMs: 300 })
  const { model } = await client.newModel()
  client.backend.setBehaviour(behaviour)
  const answers: Json[] = []
  const failures: unknown[] = []
  for (let seq = 1; seq <= 20; seq += 2) {
    const { body } = await client.post('forward_backward', trainBody(model, seq, [textDatum('abc')]))
    for (;;) {
      const answer = (await client.post('retrieve_future', { request_id: body['request_id'] })).body
      answers.push(answer)
      if (answer['type'] !== 'try_again') break
    }
    failures.push(answers.at(-1)!['error'] ?? null)
  }
  return { client, answers, failures }
}

describe('pauses of the queue', () => {
  test('are told to those who wait, at once, with the reason; the work goes on afterwards', async () => {
    const { client, answers, failures } = await tenSteps({ queuePauseMs: 120, seed: 2 })
    const states = answers.filter((a) => a['type'] === 'try_again')
    const paused = states.filter((a) => String(a['queue_state']).startsWith('paused_'))
    expect(paused.length).toBeGreaterThan(0)
    for (const answer of paused) expect(answer['queue_state_reason']).toMatch(/paused for \d\.\d s/)
    expect(failures.every((failure) => failure === null)).toBe(true)
    await client.backend.close()
  })

  test('hold up sampling as well, and end when the trouble is switched off', async () => {
    const client = backendClient({ holdMs: 50, behaviour: { queuePauseMs: 60_000, seed: 1 } })
    const ask = { base_model: 'test/tiny', prompt: samplePrompt('a'), sampling_params: { max_tokens: 1 } }
    const ids = await Promise.all(
      Array.from({ length: 30 }, async () => (await client.post('asample', ask)).body['request_id']),
    )
    const first = await Promise.all(ids.map((id) => client.post('retrieve_future', { request_id: id })))
    expect(first.some(({ body }) => String(body['queue_state']).startsWith('paused_'))).toBe(true)
    client.backend.setBehaviour({})
    for (const id of ids) expect(await client.poll(id as string)).toHaveProperty('sequences')
    await client.backend.close()
  })
})

describe('operations that fail', () => {
  test('are the server’s fault, as many as asked for, the same ones for the same seed', async () => {
    const [one, same, other] = [
      await tenSteps({ operationFailRate: 0.5, seed: 1 }),
      await tenSteps({ operationFailRate: 0.5, seed: 1 }),
      await tenSteps({ operationFailRate: 0.5, seed: 2 }),
    ]
    expect(one.failures).toEqual(same.failures)
    expect(one.failures).not.toEqual(other.failures)
    const failed = one.failures.filter((failure) => failure !== null)
    expect(failed.length).toBeGreaterThan(1)
    expect(failed.length).toBeLessThan(10)
    expect(one.answers.find((answer) => 'error' in answer)).toMatchObject({ category: 'server' })
    await Promise.all([one, same, other].map(({ client }) => client.backend.close()))
  })
})

describe('latency', () => {
  test('is added to every request but those a client starts with', async () => {
    const client = backendClient({ behaviour: { latencyMs: 60 } })
    const took = async (path: string): Promise<number> => {
      const from = performance.now()
      await client.post(path, {})
      return performance.now() - from
    }
    await took('client/config')
    expect(await took('create_session')).toBeGreaterThan(28)
    expect(await took('client/config')).toBeLessThan(28)
    await client.backend.close()
  })
})

/** Hostile requests, 5,000 with every test run; `npm run test:fuzz` sends 50,000. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, expect, test } from 'vitest'
import { seededRng } from '../../base/rng.ts'
import { systemClock } from '../service/clock.ts'
import { backendClient, samplePrompt, textDatum, trainBody } from '../service/testing/backendClient.ts'
import { bodiesFor, hostileRequest } from './testing/hostileRequests.ts'
import type { Json } from '../service/testing/backendClient.ts'
import type { Aims, HostileRequest } from './testing/hostileRequests.ts'

const REQUESTS = import.meta.env.MODE === 'fuzz' ? 50_000 : 5_000
const ROUND = 500
/** Bytes that a round may leave behind; JavaScript's own tables grow by leaps. */
const LEFT_PER_ROUND = 60_000

const faults: unknown[] = []
let passed = 0
const clock = { ...systemClock, now: () => Date.now() + passed }
const client = backendClient({ holdMs: 20, clock, onError: (error) => faults.push(error), sessionSilentMs: 3_600_000 })
afterAll(() => client.backend.close())

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

async function heap(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return process.memoryUsage().heapUsed
}

/** A model, a sampler and a result for one round; hours later they are all gone. */
async function newAims(): Promise<Aims> {
  const { session, model } = await client.newModel()
  const opened = { session_id: session, sampling_session_seq_id: 0, base_model: 'test/tiny' }
  const sampler = (await client.post('create_sampling_session', opened)).body['sampling_session_id'] as string
  const ask = { sampling_session_id: sampler, seq_id: 0, prompt: samplePrompt('a'), sampling_params: { max_tokens: 1 } }
  const future = (await client.post('asample', ask)).body['request_id'] as string
  await client.poll(future)
  return { session, model, sampler, future }
}

const lessons = (model: string): Json => ({
  model_id: model,
  forward_input: { data: [textDatum('hello there')], loss_fn: 'cross_entropy' },
})

async function send({ method, path, headers, body }: HostileRequest): Promise<{ status: number; body: Json }> {
  const init: RequestInit = body === null ? { method, headers } : { method, headers, body }
  const answer = await client.backend.fetch(new Request(`http://backend/api/v1/${path}`, init))
  const text = await answer.text()
  const json = (answer.headers.get('content-type') ?? '').includes('json') && text !== ''
  return { status: answer.status, body: json ? (JSON.parse(text) as Json) : {} }
}

/** Null for a result that a hostile request has let go, by naming it as retrieved. */
async function settled(id: string): Promise<Json | null> {
  for (;;) {
    const { status, body } = await client.post('retrieve_future', { request_id: id })
    if (status === 410) return null
    expect(status).toBe(200)
    if (body['type'] !== 'try_again') return body
  }
}

test(
  `${REQUESTS} hostile requests: words, no faults, nothing left behind, other models untouched`,
  { timeout: 300_000 },
  async () => {
    const rng = seededRng(20261122)
    const { model: bystander, session } = await client.newModel({ rank: 2, seed: 1 })
    await client.run('forward_backward', trainBody(bystander, 1, [textDatum('hello')]))
    await client.run('optim_step', { model_id: bystander, seq_id: 2, adam_params: { learning_rate: 0.01 } })
    const before = await client.run('forward', lessons(bystander))

    const statuses = new Map<number, number>()
    const outcomes = { done: 0, user: 0 }
    const heaps: number[] = []
    for (let sent = 0; sent < REQUESTS; sent += ROUND) {
      const aims = await newAims()
      const bodies = bodiesFor(aims)
      const accepted: string[] = []
      for (let i = 0; i < ROUND; i++) {
        const request = hostileRequest(aims, bodies, rng)
        const what = `${request.method} ${request.path} ${String(request.body).slice(0, 300)}`
        const { status, body } = await send(request)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (status === 200 && typeof body['request_id'] === 'string' && !('queue_state' in body))
          accepted.push(body['request_id'])
        if (status < 400 || request.method === 'HEAD') continue
        expect(status, `${what}: ${JSON.stringify(body)}`).toBeLessThan(500)
        expect(String(body['detail']).length, what).toBeGreaterThan(10)
        expect(body['category'], what).toBe('user')
      }
      for (const id of accepted) {
        const outcome = await settled(id)
        if (outcome === null) continue
        if ('error' in outcome) {
          expect(outcome['category'], JSON.stringify(outcome)).toBe('user')
          outcomes.user++
        } else outcomes.done++
      }
      // Their sessions fall silent and their results grow old; the bystander's client lives on.
      passed += 3_000_000
      await client.post('session_heartbeat', { session_id: session })
      passed += 3_000_000
      await client.post('session_heartbeat', { session_id: session })
      heaps.push(await heap())
    }
    expect(faults).toEqual([])
    expect(statuses.get(400)!).toBeGreaterThan(REQUESTS / 3)
    expect(statuses.get(404)!).toBeGreaterThan(REQUESTS / 100)
    expect(outcomes.done).toBeGreaterThan(REQUESTS / 100)

    const after = await client.run('forward', lessons(bystander))
    expect(after['metrics']).toEqual(before['metrics'])
    expect(after['loss_fn_outputs']).toEqual(before['loss_fn_outputs'])
    const load = client.backend.load()
    expect(load).toMatchObject({ pending: 0, queued: 0 })
    expect(load.results).toBeLessThan(20)
    const half = Math.floor(heaps.length / 2)
    const rounds = heaps.length - half
    expect(heaps.at(-1)! - heaps[half - 1]!, heaps.join(' ')).toBeLessThan(1_500_000 + LEFT_PER_ROUND * rounds)
  },
)

test('numbers of requests: the same again is the same future, another body is refused, gaps and disorder are fine', async () => {
  const { model } = await client.newModel()
  const rng = seededRng(3)
  const body = (seq: number): Json => trainBody(model, seq, [textDatum(`text ${seq}`)])
  const futures = new Map<number, unknown>()
  for (let i = 0; i < 200; i++) {
    const seq = 1 + rng.int(60)
    const known = futures.get(seq)
    const answer = await client.post('forward_backward', body(seq))
    expect(answer.status).toBe(200)
    if (known !== undefined) expect(answer.body['request_id']).toBe(known)
    futures.set(seq, answer.body['request_id'])
    const other = await client.post('forward_backward', trainBody(model, seq, [textDatum('another text')]))
    expect([other.status, other.body['category']]).toEqual([409, 'user'])
  }
  for (const id of futures.values()) expect(await client.poll(id as string)).toHaveProperty('metrics')
  expect(faults).toEqual([])
})

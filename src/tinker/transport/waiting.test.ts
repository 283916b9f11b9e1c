/** Pauses shared by clients, the watch on progress, and the circuit breaker. */
import { describe, expect, test } from 'vitest'
import { clientOf, failureOfRejection, startPeer, until } from '../testing/fixtures.ts'
import { vectorsOf } from '../testing/vectors.ts'
import { CircuitBreaker } from './circuitBreaker.ts'
import { gateFor, sharedGates } from './pauseGate.ts'
import { ProgressWatch } from './progressWatch.ts'
import type { SamplingClient } from '../samplingClient.ts'

describe('a pause', () => {
  async function samplerOf(peer: { url: string }, apiKey: string, pauseScope?: 'client'): Promise<SamplingClient> {
    const tuning = { backpressureMs: [400, 400] as const }
    const scope = pauseScope === undefined ? {} : { pauseScope }
    return clientOf(peer, { apiKey, tuning, ...scope }).createSamplingClient({ baseModel: 'tiny' })
  }

  test('holds back all clients with one key, and nobody else', async () => {
    const peer = await startPeer()
    const [refused, sameKey, otherKey, apart] = [
      await samplerOf(peer, 'a'),
      await samplerOf(peer, 'a'),
      await samplerOf(peer, 'b'),
      await samplerOf(peer, 'a', 'client'),
    ]
    peer.fault('asample', { status: 429 })
    const prompt = Int32Array.of(1)
    const first = refused.sample({ prompt }).result()
    await until(() => peer.requests('asample').length === 1)
    await new Promise((resolve) => setTimeout(resolve, 30))
    const from = performance.now()
    const took = (sampler: SamplingClient): Promise<number> =>
      sampler
        .sample({ prompt })
        .result()
        .then(() => performance.now() - from)
    const [same, other, alone] = await Promise.all([took(sameKey), took(otherKey), took(apart), first])
    expect(same).toBeGreaterThan(250)
    expect(other).toBeLessThan(same)
    expect(alone).toBeLessThan(same)
  })

  test('is one object for all who ask, and forgotten when the last of them is closed', () => {
    const before = sharedGates()
    const closings = Array.from({ length: 1000 }, () => new AbortController())
    const config = { baseUrl: 'http://gate.example', apiKey: 'k' }
    const gates = new Set(closings.map(({ signal }) => gateFor(config, signal)))
    expect([gates.size, sharedGates()]).toEqual([1, before + 1])
    for (const closing of closings) closing.abort()
    expect(sharedGates()).toBe(before)
  })
})

describe('the watch on progress', () => {
  test('ends all that wait when nothing finishes, and counts anew from every one that does', async () => {
    const ended: string[] = []
    const watch = new ProgressWatch({ timeoutMs: 600, everyMs: 10 })
    const [a, b, c] = ['a', 'b', 'c'].map((name) => watch.enter(() => ended.push(name)))
    await new Promise((resolve) => setTimeout(resolve, 350))
    a!.leave(true)
    await new Promise((resolve) => setTimeout(resolve, 350))
    expect([ended, watch.state.finished]).toEqual([[], 1])
    await until(() => ended.length > 0)
    expect([ended, b!.stuck, c!.stuck]).toEqual([['b', 'c'], true, true])
    const later = watch.enter(() => ended.push('later'))
    for (const watched of [b!, b!, c!, later]) watched.leave(false)
    expect([later.stuck, watch.state]).toEqual([false, { inFlight: 0, finished: 1, silentMs: 0 }])
  })

  test('ends samples that never come back, in words, while training goes on', async () => {
    const peer = await startPeer({ holdMs: 50 })
    const service = clientOf(peer, { tuning: { progressTimeoutMs: 200 } })
    const sampler = await service.createSamplingClient({ baseModel: 'tiny' })
    const pending = { status: 200, body: '{"type":"try_again","queue_state":"active"}' }
    peer.fault('retrieve_future', ...Array.from({ length: 500 }, () => pending))
    const failure = await failureOfRejection(sampler.sample({ prompt: Int32Array.of(1) }).result())
    expect(failure).toMatchObject({ kind: 'timeout', message: expect.stringContaining('stuck') as string })
  })

  test('tells how it stands now and then', async () => {
    const told: number[] = []
    const watch = new ProgressWatch({ timeoutMs: 60_000, everyMs: 5, tell: ({ inFlight }) => told.push(inFlight) })
    const watched = watch.enter(() => undefined)
    await until(() => told.length >= 2)
    watched.leave(true)
    const { length } = told
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect([told[0], told.length]).toEqual([1, length])
  })
})

describe('the circuit breaker', () => {
  test('opens, tries again after a while, and decides by that one try', () => {
    const [vector] = vectorsOf<{ failure_threshold: number; reset_timeout_ms: number }, string[]>('circuit_breaker')
    let now = 0
    const { failure_threshold: failures, reset_timeout_ms: resetMs } = vector!.input
    for (const good of [true, false]) {
      now = 0
      const breaker = new CircuitBreaker({ failures, resetMs, now: () => now })
      const states: string[] = [breaker.state]
      breaker.failed()
      states.push(breaker.state)
      breaker.failed()
      states.push(breaker.state)
      expect(breaker.admits()).toBe(false)
      now = resetMs
      states.push(breaker.state)
      expect([breaker.admits(), breaker.admits()]).toEqual([true, false])
      if (good) breaker.succeeded()
      else breaker.failed()
      expect(states).toEqual(vector!.expected.slice(0, 4))
      expect(vector!.expected[4]!.split('|')[good ? 0 : 1]).toBe(breaker.state)
    }
  })

  test('around fetch spares a server that is down, and the client waits it out', async () => {
    const peer = await startPeer()
    const breaker = new CircuitBreaker({ failures: 2, resetMs: 150 })
    peer.fault('get_server_capabilities', { status: 503 }, { status: 503 })
    const service = clientOf(peer, { fetch: breaker.around((request) => fetch(request)) })
    expect((await service.getServerCapabilities()).models).toHaveLength(1)
    expect(breaker.state).toBe('closed')
    expect(peer.requests('get_server_capabilities')).toHaveLength(3)
  })
})

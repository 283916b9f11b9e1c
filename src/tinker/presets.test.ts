/** Times and limits under a name, and what servers are told with polls. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createServiceClient } from './serviceClient.ts'
import { pollHeaders } from './transport/pollStatistics.ts'
import { clientOf, datum, failureOfRejection, startPeer, until } from './testing/fixtures.ts'
import { vectorsOf } from './testing/vectors.ts'
import type { ServiceConfig } from './config.ts'
import type { Peer, Seen } from './testing/peer.ts'

afterEach(() => vi.useRealTimers())

/** Tries of the handshake with a server that is always in trouble, and when each of them came, s. */
async function triesOf(config: Partial<ServiceConfig>, answer: () => Promise<Response>): Promise<number[]> {
  vi.useFakeTimers()
  const tries: number[] = []
  const from = Date.now()
  const fetch = (): Promise<Response> => {
    tries.push((Date.now() - from) / 1000)
    return answer()
  }
  const service = createServiceClient({
    baseUrl: 'http://peer.test',
    fetch,
    tuning: { connectWindowMs: 3e5 },
    ...config,
  })
  let over = false
  const ended = failureOfRejection(service.getServerProfile()).finally(() => (over = true))
  while (!over) await vi.advanceTimersByTimeAsync(500)
  await ended
  await service.close()
  return tries.map((at) => at - tries[0]!)
}

describe('presets', () => {
  test('python: ten repeats of a request, by default as many as the window holds', async () => {
    const trouble = (): Promise<Response> => Promise.resolve(new Response('{}', { status: 503 }))
    const tries = await triesOf({ preset: 'python' }, trouble)
    expect(tries).toHaveLength(11)
    expect(tries.at(-1)).toBeGreaterThan(40)
    expect(tries.at(-1)).toBeLessThan(66)
    expect((await triesOf({}, trouble)).length).toBeGreaterThan(25)
    const tuning = { retry: { baseMs: 10, maxMs: 10, jitter: 0, windowMs: 1e6, maxRetries: 2 } }
    expect(await triesOf({ preset: 'python', tuning }, trouble), 'what tuning says comes first').toHaveLength(3)
  })

  test('python: a request may take sixty seconds', async () => {
    const tries = await triesOf({ preset: 'python' }, () => new Promise(() => undefined))
    expect(tries[1]).toBeGreaterThanOrEqual(60)
    expect(tries[1]).toBeLessThan(61)
  })

  /** The most polls that were open at once for ten samples whose results are kept back. */
  async function openPolls(peer: Peer, config: Partial<ServiceConfig>): Promise<number> {
    let release = (): void => undefined
    peer.model.gate = new Promise((resolve) => (release = resolve))
    const sampler = await clientOf(peer, config).createSamplingClient({ baseModel: 'tiny' })
    const results = Array.from({ length: 10 }, () => sampler.sample({ prompt: Int32Array.of(1) }).result())
    await until(() => peer.requests('asample').length === 10)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const open = peer.requests('retrieve_future').length
    release()
    await Promise.all(results)
    return open
  }

  test('web: in Node too a poll takes its turn, and tells no statistics', async () => {
    const peer = await startPeer()
    expect(await openPolls(peer, { preset: 'web' })).toBe(3)
    expect(toldIn(peer.requests('retrieve_future')[0]!)).toEqual([undefined, undefined, undefined])
  })

  test('python: all polls at once, each with its statistics', async () => {
    const peer = await startPeer()
    expect(await openPolls(peer, { preset: 'python' })).toBe(10)
    expect(toldIn(peer.requests('retrieve_future')[0]!)).toEqual(['0', 'Sample', expect.stringMatching(/^\d/)])
  })
})

describe('statistics of polls', () => {
  test('are those of the official client', () => {
    const [first, fourth] = vectorsOf('poll_request').map(
      ({ expected }) => (expected as { headers: Record<string, string> }).headers,
    )
    const { Accept: _, ...told } = first!
    expect(pollHeaders('asample', 0, 250)).toEqual(told)
    expect(pollHeaders('asample', 3, 250)).toEqual(fourth)
    const names = ['create_model', 'forward', 'forward_backward', 'optim_step', 'save_weights', 'load_weights']
    expect(names.map((name) => pollHeaders(name, 1, 0)['X-Tinker-Request-Type'])).toEqual([
      'CreateModel',
      'Forward',
      'ForwardBackward',
      'OptimStep',
      'SaveWeights',
      'LoadWeights',
    ])
  })

  test('count the polls of each result, and how long it took to hand it in', async () => {
    const peer = await startPeer()
    const trainer = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    const pending = { status: 200, body: '{"type":"try_again","queue_state":"active"}' }
    peer.fault('retrieve_future', pending, { status: 503 })
    peer.fault('forward_backward', { delayMs: 120 })
    await trainer.forward([datum(1)], 'cross_entropy').result()
    const told = peer.requests('retrieve_future').slice(1).map(toldIn)
    expect(told.map(([iteration, type]) => [iteration, type])).toEqual([
      ['0', 'Forward'],
      ['1', 'Forward'],
      ['2', 'Forward'],
    ])
    expect(Number(told[0]![2])).toBeGreaterThan(0.1)
    expect(told.slice(1).map(([, , roundtrip]) => roundtrip)).toEqual([undefined, undefined])
  })

  test('are left out where they are not wanted', async () => {
    const peer = await startPeer()
    await clientOf(peer, { pollStatistics: false }).createLoraTrainingClient({ baseModel: 'tiny' })
    expect(toldIn(peer.requests('retrieve_future')[0]!)).toEqual([undefined, undefined, undefined])
  })
})

function toldIn({ headers }: Seen): (string | string[] | undefined)[] {
  return ['iteration', 'type']
    .map((name) => headers[`x-tinker-request-${name}`])
    .concat(headers['x-tinker-create-promise-roundtrip-time'])
}

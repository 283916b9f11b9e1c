/** Futures together, a few at a time, and every way in which a person stops waiting. */
import { describe, expect, test } from 'vitest'
import { awaitAll, combineFutures, forEachFuture } from './combine.ts'
import { startFuture } from './future.ts'
import { clientOf, datum, failureOfRejection, startPeer, until } from './testing/fixtures.ts'
import type { ApiFuture, CallOptions } from './future.ts'
import type { Peer } from './testing/peer.ts'
import type { ServiceClient } from './serviceClient.ts'

const quiet = new AbortController().signal

function after<T>(ms: number, value: T): ApiFuture<T> {
  return startFuture(async () => {
    await new Promise((resolve) => setTimeout(resolve, ms))
    return { ok: true, value }
  }, quiet)
}

function failing(ms: number): ApiFuture<number> {
  return startFuture(async () => {
    await new Promise((resolve) => setTimeout(resolve, ms))
    return { ok: false, error: { kind: 'rejected', message: 'no' } }
  }, quiet)
}

describe('futures together', () => {
  test('give their results in their order, whatever order they come in', async () => {
    expect(await awaitAll([after(30, 'a'), after(1, 'b'), after(15, 'c')])).toEqual(['a', 'b', 'c'])
  })

  test('fail with the first failure, while the others go on', async () => {
    const slow = after(40, 1)
    expect((await failureOfRejection(awaitAll([slow, failing(1), failing(5)]))).kind).toBe('rejected')
    expect(slow.state).not.toBe('done')
    expect(await slow.result()).toBe(1)
  })

  test('are one, reduced once', async () => {
    let reductions = 0
    const sum = combineFutures([after(5, 1), after(1, 2)], (values) => {
      reductions++
      return values.reduce((a, b) => a + b, 0)
    })
    expect(sum.progress.map(({ state }) => state)).toEqual(['queued', 'queued'])
    expect([await sum.result(), await sum.result(), reductions]).toEqual([3, 3, 1])
  })

  test('are cancelled together', async () => {
    const both = combineFutures([after(60_000, 1), after(60_000, 2)], () => 0)
    setTimeout(() => both.cancel(), 5)
    expect((await failureOfRejection(both.result())).kind).toBe('aborted')
  })
})

describe('many operations', () => {
  test('run so many at a time and no more', async () => {
    let now = 0
    let most = 0
    const seen: number[] = []
    const start = (item: number): ApiFuture<number> => {
      most = Math.max(most, ++now)
      return after(2, item * 10)
    }
    const take = (result: number, item: number, index: number): void => {
      now--
      expect([item, index]).toEqual([result / 10, result / 10])
      seen.push(item)
    }
    await forEachFuture(
      Array.from({ length: 50 }, (_, i) => i),
      start,
      take,
      { concurrency: 4 },
    )
    expect(most).toBe(4)
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  test('stop at the first failure and cancel what runs', async () => {
    const running: ApiFuture<number>[] = []
    const start = (item: number): ApiFuture<number> => {
      const future = item === 1 ? failing(5) : after(60_000, item)
      running.push(future)
      return future
    }
    const work = forEachFuture([0, 1, 2, 3, 4], start, () => undefined, { concurrency: 3 })
    expect((await failureOfRejection(work)).kind).toBe('rejected')
    expect(running.map(({ state }) => state)).toEqual(['cancelled', 'failed', 'cancelled'])
  })

  test('stop when the caller says so, and before they begin', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 5)
    const work = forEachFuture(
      [1, 2],
      () => after(60_000, 1),
      () => undefined,
      { signal: stop.signal },
    )
    expect((await failureOfRejection(work)).kind).toBe('aborted')
    let started = 0
    const none = forEachFuture(
      [1],
      () => after(++started, 1),
      () => undefined,
      { signal: stop.signal },
    )
    expect((await failureOfRejection(none)).kind).toBe('aborted')
    expect(started).toBe(0)
  })

  test('reject with what the taker throws', async () => {
    const bug = new Error('mine')
    const work = forEachFuture(
      [1, 2],
      () => after(1, 1),
      () => Promise.reject(bug),
    )
    await expect(work).rejects.toBe(bug)
  })
})

describe('one operation', () => {
  test('tells when the server has it, before its result is there', async () => {
    const peer = await startPeer()
    let open!: () => void
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    peer.model.gate = new Promise((resolve) => (open = resolve))
    const step = training.optimStep()
    const id = await step.submitted()
    expect(id).toBe('optim_step-2')
    expect(step.state).toBe('running')
    open()
    await step.result()
    expect(await step.submitted()).toBe(id)
  })

  test('that the server never took says why', async () => {
    const peer = await startPeer()
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    peer.fault('optim_step', { status: 422, body: '{"detail":"no"}' })
    const step = training.optimStep()
    expect((await failureOfRejection(step.submitted())).kind).toBe('rejected')
    expect((await failureOfRejection(step.submitted())).kind).toBe('rejected')
  })

  test('is given up at its deadline, wherever it is, as late and not as cancelled', async () => {
    const peer = await startPeer()
    const training = await clientOf(peer).createLoraTrainingClient({ baseModel: 'tiny' })
    peer.model.gate = new Promise(() => undefined)
    const step = training.optimStep({}, { deadlineMs: 1500 })
    expect(step.progress.deadlineAt! - Date.now()).toBeLessThanOrEqual(1500)
    const failure = await failureOfRejection(step.result())
    expect(failure).toMatchObject({ kind: 'timeout', requestId: 'optim_step-2' })
    expect(step.state).toBe('failed')
    const polls = peer.requests('retrieve_future').length
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(peer.requests('retrieve_future')).toHaveLength(polls)
  })

  test('that does not heed its signal is left behind', async () => {
    const deaf = startFuture<number>(() => new Promise(() => undefined), quiet)
    const at = Date.now()
    deaf.cancel()
    expect((await failureOfRejection(deaf.result())).kind).toBe('aborted')
    expect(Date.now() - at).toBeLessThan(1000)
  })
})

/** Every place where an operation may wait; each must let go within a second of the cancel. */
const WAITS: readonly (readonly [
  string,
  (peer: Peer) => void,
  (s: ServiceClient, o: CallOptions) => Promise<unknown>,
])[] = [
  [
    'for its turn',
    (peer) => peer.fault('forward_backward', { delayMs: 60_000 }),
    async (service, options) => {
      const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
      training.forwardBackward([datum(1)], 'ppo')
      return training.optimStep({}, options).result()
    },
  ],
  [
    'for its submission to be answered',
    (peer) => peer.fault('optim_step', { delayMs: 60_000 }),
    async (service, options) =>
      (await service.createLoraTrainingClient({ baseModel: 'tiny' })).optimStep({}, options).result(),
  ],
  [
    'between attempts',
    (peer) => peer.fault('optim_step', { status: 503, headers: { 'retry-after': '50' } }),
    async (service, options) =>
      (await service.createLoraTrainingClient({ baseModel: 'tiny' })).optimStep({}, options).result(),
  ],
  [
    'in a held poll',
    (peer) => peer.fault('retrieve_future', { delayMs: 0 }, { delayMs: 60_000 }),
    async (service, options) =>
      (await service.createLoraTrainingClient({ baseModel: 'tiny' })).optimStep({}, options).result(),
  ],
  [
    'through a pause for rate',
    (peer) => peer.fault('asample', { status: 429, headers: { 'retry-after': '50' } }),
    async (service, options) =>
      (await service.createSamplingClient({ baseModel: 'tiny' }))
        .sample({ prompt: Int32Array.of(1) }, options)
        .result(),
  ],
  [
    'for room for a large result',
    (peer) => {
      const large = { status: 200, body: '{"status":"complete_metadata","response_payload_size":99000000}' }
      peer.fault('retrieve_future', large, { delayMs: 60_000 }, large)
    },
    async (service, options) => {
      const sampler = await service.createSamplingClient({ baseModel: 'tiny' })
      const first = sampler.sample({ prompt: Int32Array.of(1) })
      await until(() => first.progress.polls > 1)
      return sampler.sample({ prompt: Int32Array.of(1) }, options).result()
    },
  ],
]

describe('a person can cancel within a second an operation that waits', () => {
  test.each(WAITS)('%s', async (_name, disturb, wait) => {
    const peer = await startPeer({ holdMs: 60_000 })
    disturb(peer)
    const stop = new AbortController()
    const waiting = failureOfRejection(wait(clientOf(peer), { signal: stop.signal }))
    await new Promise((resolve) => setTimeout(resolve, 400))
    const at = Date.now()
    stop.abort()
    expect((await waiting).kind).toBe('aborted')
    expect(Date.now() - at).toBeLessThan(1000)
  })
})

/** Futures, order and pipelining of training operations, and what cancelling and closing leave behind. */
import { describe, expect, test } from 'vitest'
import { codeOf } from './errors.ts'
import { startFuture } from './future.ts'
import { part } from './part.ts'
import { clientOf, datum, failureOfRejection, startPeer, until } from './testing/fixtures.ts'
import { float32Tensor } from './wire/tensorData.ts'
import type { Peer, PeerOptions } from './testing/peer.ts'
import type { ServiceClient } from './serviceClient.ts'
import type { TrainingClient } from './trainingClient.ts'

type Set = { peer: Peer; service: ServiceClient; client: TrainingClient }

async function training(options: PeerOptions = {}): Promise<Set> {
  const peer = await startPeer(options)
  const service = clientOf(peer)
  return { peer, service, client: await service.createLoraTrainingClient({ baseModel: 'tiny' }) }
}

/** Keeps results back until released. */
function gate(peer: Peer): () => void {
  let open!: () => void
  peer.model.gate = new Promise((resolve) => (open = resolve))
  return open
}

describe('training operations', () => {
  test('are all on the server, in order, before the first result is given out', async () => {
    const { peer, client } = await training()
    const open = gate(peer)
    const futures = [0, 1, 2].flatMap((i) => [
      client.forwardBackward([datum(i, 1)], 'cross_entropy'),
      client.optimStep(),
    ])
    await until(() => peer.model.ran.length === 6)
    expect(peer.model.ran).toEqual(
      [0, 1, 2].flatMap((i) => [`forward_backward ${2 * i + 1}`, `optim_step ${2 * i + 2}`]),
    )
    expect(futures.every((future) => future.state === 'queued' || future.state === 'running')).toBe(true)
    open()
    await Promise.all(futures.map((future) => future.result()))
    expect(futures.map((future) => future.state)).toEqual(futures.map(() => 'done'))
  })

  test('keep their order when earlier submissions are slow or have to be repeated', async () => {
    const { peer, client } = await training()
    peer.fault('forward_backward', { delayMs: 60 }, { status: 503 }, { drop: 'before' })
    const futures = [
      client.forwardBackward([datum(1)], 'ppo'),
      client.forwardBackward([datum(2)], 'ppo'),
      client.optimStep(),
    ]
    await Promise.all(futures.map((future) => future.result()))
    expect(peer.model.ran).toEqual(['forward_backward 1', 'forward_backward 2', 'optim_step 3'])
  })

  test('a large call travels in chunks of one order and comes back as one result', async () => {
    const { peer, client } = await training({ flags: { fwdbwd_max_chunk_len: 2 } })
    const data = [1, 2, 3, 4, 5].map((token) => datum(token))
    const pass = client.forwardBackward(data, 'cross_entropy')
    const step = client.optimStep()
    const output = await pass.result()
    await step.result()
    // The first chunk last: the server then finds the others in its queue.
    expect(peer.model.ran).toEqual(['forward_backward 2', 'forward_backward 3', 'forward_backward 1', 'optim_step 4'])
    expect(output.lossFnOutputs).toEqual([1, 2, 3, 4, 5].map((t) => ({ logprobs: float32Tensor([-t / 8]) })))
    expect(output.metrics).toEqual({
      'loss:sum': 5,
      'chunk:unique': 1,
      'chunk:unique_1': 2,
      'chunk:unique_2': 3,
      'loss:avg': 2,
    })
  })

  test('a call of which one chunk fails, fails with that chunk’s cause', async () => {
    const { peer, client } = await training({ flags: { fwdbwd_max_chunk_len: 1 } })
    peer.model.lost.set('forward_backward-3', 410)
    const pass = client.forwardBackward([datum(1), datum(2), datum(3)], 'cross_entropy')
    expect(await failureOfRejection(pass.result())).toMatchObject({ kind: 'expired', requestId: 'forward_backward-3' })
  })
})

describe('the format of forward-backward bodies', () => {
  test('is found out once, with the same sequence number, and without running a step twice', async () => {
    const { peer, client } = await training({ bodies: 'json' })
    const futures = [client.forwardBackward([datum(1)], 'ppo'), client.forward([datum(2)], 'ppo'), client.optimStep()]
    await Promise.all(futures.map((future) => future.result()))
    expect(peer.model.ran).toEqual(['forward_backward 1', 'forward 2', 'optim_step 3'])
    expect(peer.requests('forward_backward').map((r) => r.headers['content-type'])).toEqual([
      'application/x-protobuf',
      'application/json',
    ])
    expect(peer.requests('forward')).toHaveLength(1)
  })

  test('a call that a protobuf server refuses is refused with the words about the call', async () => {
    const { peer, client } = await training({ bodies: 'protobuf' })
    peer.fault('forward_backward', { status: 400, body: '{"detail":"no such loss"}' })
    expect(await failureOfRejection(client.forwardBackward([datum(1)], 'nonsense').result())).toMatchObject({
      kind: 'rejected',
      serverSays: 'no such loss',
    })
  })

  test('trouble at the first attempt is not taken for a refusal of the format', async () => {
    const { peer, client } = await training({ bodies: 'protobuf' })
    peer.fault('forward_backward', { status: 503 }, { status: 500 }, { drop: 'after' })
    await client.forwardBackward([datum(1)], 'ppo').result()
    expect(peer.model.ran).toEqual(['forward_backward 1'])
  })

  test('a 500 at the first attempt leaves a protobuf server with protobuf', async () => {
    const { peer, client } = await training({ bodies: 'protobuf' })
    peer.fault('forward_backward', { status: 500 })
    await client.forwardBackward([datum(1)], 'ppo').result()
    await client.forwardBackward([datum(1)], 'ppo').result()
    expect(peer.model.ran).toEqual(['forward_backward 1', 'forward_backward 2'])
    expect(peer.requests('forward_backward').at(-1)!.headers['content-type']).toBe('application/x-protobuf')
  })
})

describe('a future', () => {
  test('is not thenable, tells its state, age and queue, and gives its result as often as asked', async () => {
    const { peer, client } = await training({ holdMs: 10 })
    const open = gate(peer)
    const future = client.optimStep()
    expect(future).not.toHaveProperty('then')
    expect(await Promise.resolve(future)).toBe(future)
    const states: string[] = []
    future.onProgress((p) => states.push(`${p.state} ${p.queueState ?? '-'}`))
    expect(future.state).toBe('queued')
    peer.fault('retrieve_future', {
      status: 200,
      body: '{"type":"try_again","queue_state":"paused_capacity","queue_state_reason":"busy"}',
    })
    await until(() => future.progress.polls > 2)
    expect(future.progress).toMatchObject({ state: 'running', requestId: 'optim_step-2', queueState: 'active' })
    expect(future.ageMs).toBeGreaterThan(0)
    expect(future.progress.silentMs).toBeGreaterThanOrEqual(0)
    open()
    expect(await future.result()).toEqual(await future.result())
    expect(states).toEqual(['running -', 'running paused_capacity', 'running active', 'done active'])
  })

  test('asks calmly where the server does not hold polls', async () => {
    const { peer, client } = await training({ holdMs: 0 })
    const open = gate(peer)
    const future = client.optimStep()
    const polls = peer.requests('retrieve_future').length
    await until(() => future.state === 'running')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(peer.requests('retrieve_future').length - polls).toBeLessThan(15)
    open()
    await future.result()
  })

  test('can be waited for with a deadline or a signal, and goes on when the wait is over', async () => {
    const { peer, client } = await training({ holdMs: 20 })
    const open = gate(peer)
    const future = client.optimStep()
    expect(await failureOfRejection(future.result({ timeoutMs: 20 }))).toMatchObject({ kind: 'timeout' })
    const stop = new AbortController()
    const waiting = failureOfRejection(future.result({ signal: stop.signal }))
    stop.abort()
    expect(await waiting).toMatchObject({ kind: 'aborted' })
    expect(await failureOfRejection(future.result({ signal: AbortSignal.abort() }))).toMatchObject({ kind: 'aborted' })
    open()
    expect((await future.result()).metrics['grad_norm']).toBe(0.5)
  })

  test('cancelled while its poll is held rejects well within a second', async () => {
    const { peer, client } = await training({ holdMs: 20_000 })
    const open = gate(peer)
    const future = client.optimStep()
    await until(() => future.progress.polls === 1)
    const asked = Date.now()
    future.cancel()
    const failure = await failureOfRejection(future.result())
    expect(Date.now() - asked).toBeLessThan(1000)
    expect(failure).toMatchObject({ kind: 'aborted', by: 'caller' })
    expect(codeOf(failure)).toBe('TK4001')
    expect(future.state).toBe('cancelled')
    open()
  })

  test('cancelled before its turn is never sent and leaves no gap in the numbers of the ones after it', async () => {
    const { peer, client } = await training()
    peer.fault('forward_backward', { delayMs: 50 })
    const pass = client.forwardBackward([datum(1)], 'ppo')
    const doomed = client.optimStep()
    const last = client.saveState('x')
    doomed.cancel()
    expect((await failureOfRejection(doomed.result())).kind).toBe('aborted')
    await Promise.all([pass.result(), last.result()])
    expect(peer.model.ran).toEqual(['forward_backward 1', 'save_weights 2'])
  })

  test('that nobody waits for fails silently', async () => {
    const { peer, client } = await training()
    const unhandled: unknown[] = []
    const listen = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listen)
    peer.fault('optim_step', { status: 400, body: '{"detail":"no such thing"}' })
    const future = client.optimStep()
    await until(() => future.state === 'failed')
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })
})

describe('closing', () => {
  test('rejects what is awaited, refuses what comes after, and leaves no timer behind', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const { peer, service, client } = await training({ holdMs: 20_000 })
    const open = gate(peer)
    const sampler = await service.createSamplingClient({ baseModel: 'tiny' })
    const futures = [
      client.optimStep(),
      client.forwardBackward([datum(1)], 'ppo'),
      sampler.sample({ prompt: Int32Array.of(1) }),
    ]
    await until(() => futures.every((future) => future.progress.polls > 0))
    await service.close()
    for (const future of futures)
      expect(await failureOfRejection(future.result() as Promise<unknown>)).toMatchObject({
        kind: 'aborted',
        by: 'close',
      })
    expect(await failureOfRejection(client.optimStep().result())).toMatchObject({ kind: 'aborted', by: 'close' })
    expect(await failureOfRejection(service.createLoraTrainingClient({ baseModel: 'tiny' }))).toMatchObject({
      kind: 'aborted',
    })
    open()
    await peer.stop()
    expect(timers()).toBeLessThanOrEqual(before)
  })

  test('follows the signal of the configuration', async () => {
    const peer = await startPeer()
    const stop = new AbortController()
    const service = clientOf(peer, { signal: stop.signal })
    stop.abort()
    expect(service.closed).toBe(true)
    expect((await failureOfRejection(service.getServerCapabilities())).kind).toBe('aborted')
  })
})

test('a part of the client that cannot be loaded is a line that is down, not a bug', async () => {
  const work = async (): Promise<never> => part(Promise.reject(new TypeError('Failed to fetch part.js')))
  const future = startFuture<number>(work, new AbortController().signal)
  const failure = await failureOfRejection(future.result())
  expect(failure).toMatchObject({ kind: 'offline' })
  expect(failure.message).toContain('Failed to fetch part.js')
  expect(future.failure).toBe(failure)
})

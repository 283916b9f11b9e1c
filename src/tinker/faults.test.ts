/** What each fault between client and server ends in: the right result without a doubled step, or the true cause. */
import { describe, expect, test } from 'vitest'
import { codeOf, diagnosticOf, isTransient, titleOf } from './errors.ts'
import { clientOf, datum, failureOfRejection, startPeer } from './testing/fixtures.ts'
import type { FailureKind } from './errors.ts'
import type { Fault, Peer } from './testing/peer.ts'
import type { TrainingClient } from './trainingClient.ts'

async function training(
  options: Parameters<typeof startPeer>[0] = {},
): Promise<{ peer: Peer; client: TrainingClient }> {
  const peer = await startPeer(options)
  const service = clientOf(peer)
  return { peer, client: await service.createLoraTrainingClient({ baseModel: 'tiny' }) }
}

const HTML = { headers: { 'content-type': 'text/html' }, body: '<html><title>502 Bad Gateway</title></html>' }

/** Faults that pass. None of them may run a step twice or lose one. */
const PASSING: readonly (readonly [string, Fault])[] = [
  ['429 with Retry-After', { status: 429, headers: { 'retry-after': '0.02' } }],
  ['429 without', { status: 429 }],
  ['500', { status: 500, body: '{"detail":"boom"}' }],
  ['502 with an HTML page', { status: 502, ...HTML }],
  ['503', { status: 503 }],
  ['408', { status: 408 }],
  ['425', { status: 425, body: '{"detail":"checkpoint is being written"}' }],
  ['a connection dropped before the server looked', { drop: 'before' }],
  ['a connection dropped after the server accepted', { drop: 'after' }],
  ['an answer cut to 5 bytes', { truncate: 5 }],
  ['an answer cut in mid-transfer', { truncate: 5, brokenLength: true }],
  ['an empty answer', { truncate: 0 }],
  ['an HTML page with status 200', { status: 200, ...HTML }],
  ['a wrong content type', { contentType: 'text/plain' }],
  ['a slow answer', { delayMs: 50 }],
]

describe('a submission met by', () => {
  test.each(PASSING)('%s is made again under the same number and runs once', async (_name, fault) => {
    const { peer, client } = await training()
    peer.fault('forward_backward', fault)
    peer.fault('optim_step', fault)
    const pass = client.forwardBackward([datum(1, 2)], 'cross_entropy')
    const step = client.optimStep()
    await Promise.all([pass.result(), step.result()])
    expect(peer.model.ran).toEqual(['forward_backward 1', 'optim_step 2'])
    const sent = peer.requests('optim_step')
    expect(new Set(sent.map((r) => JSON.stringify(r.body))).size).toBe(1)
    expect(new Set(sent.map((r) => r.headers['x-idempotency-key'])).size).toBe(1)
  })
})

describe('a poll met by', () => {
  test.each(PASSING.filter(([, fault]) => !('status' in fault && fault.status === 425)))(
    '%s is repeated',
    async (_name, fault) => {
      const { peer, client } = await training()
      peer.fault('retrieve_future', fault)
      expect((await client.optimStep().result()).metrics['grad_norm']).toBe(0.5)
      expect(peer.model.ran).toEqual(['optim_step 1'])
    },
  )

  test('a wrong content type on a protobuf result is told from JSON and refused as unreadable', async () => {
    const { peer, client } = await training()
    const wrong = Array.from({ length: 4 }, () => ({ contentType: 'application/json' }))
    peer.fault('retrieve_future', ...wrong)
    const failure = await failureOfRejection(client.forward([datum(1)], 'cross_entropy').result())
    expect(failure).toMatchObject({ kind: 'malformed', body: 'unreadable' })
    expect(peer.requests('retrieve_future')).toHaveLength(5)
  })

  test.each([
    ['cut short', { truncate: 5 }],
    ['empty', { truncate: 0 }],
    ['a page', { status: 200, headers: { 'content-type': 'application/x-protobuf' }, body: HTML.body }],
  ] as const)('a protobuf result that is %s is asked for again', async (_name, fault) => {
    const { peer, client } = await training()
    peer.fault('retrieve_future', fault)
    const output = await client.forward([datum(1, 2)], 'cross_entropy').result()
    expect(output.lossFnOutputs).toHaveLength(1)
    expect(peer.requests('retrieve_future').length).toBeGreaterThan(2)
  })

  test('400 without words is forgiven three times', async () => {
    const { peer, client } = await training()
    const bare = { status: 400, headers: { 'content-length': '0' } }
    peer.fault('retrieve_future', bare, bare, bare)
    await client.optimStep().result()
    peer.fault('retrieve_future', bare, bare, bare, bare)
    expect((await failureOfRejection(client.optimStep().result())).kind).toBe('rejected')
  })

  test('metadata is followed by a poll that asks for the whole result', async () => {
    const { peer, client } = await training()
    peer.fault('retrieve_future', { status: 200, body: '{"status":"complete_metadata","response_payload_size":99}' })
    await client.optimStep().result()
    const asked = peer
      .requests('retrieve_future')
      .map((r) => (r.body as Record<string, unknown>)['allow_metadata_only'])
    expect(asked).toEqual([true, true, false])
  })
})

/** Final answers to a poll: kind, code and the server's own words, after exactly one request. */
const FINAL: readonly (readonly [string, Fault & { status: number }, FailureKind, string, string | undefined])[] = [
  ['error in a 200', { status: 200, body: '{"error":"bad loss","category":"user"}' }, 'failed', 'TK4010', 'bad loss'],
  ['400 with words (SkyRL)', { status: 400, body: '{"detail":"bad loss"}' }, 'failed', 'TK4010', 'bad loss'],
  ['400 (Open-RL)', { status: 400, body: '{"error_message":"bad loss"}' }, 'failed', 'TK4010', 'bad loss'],
  ['422 (TuFT)', { status: 422, body: '{"detail":"bad loss"}' }, 'failed', 'TK4010', 'bad loss'],
  ['404', { status: 404, body: '{"detail":"no such future"}' }, 'expired', 'TK4008', 'no such future'],
  ['410', { status: 410, body: '{"detail":"lost"}' }, 'expired', 'TK4008', 'lost'],
  ['401', { status: 401, body: '{"detail":"who?"}' }, 'unauthorized', 'TK4004', 'who?'],
  ['403', { status: 403, body: '{"detail":"not you"}' }, 'unauthorized', 'TK4004', 'not you'],
  ['501', { status: 501 }, 'unsupported', 'TK4014', undefined],
  ['null', { status: 200, body: 'null' }, 'malformed', 'TK4007', undefined],
  ['another shape', { status: 200, body: '{"metrics":{"a":"b"}}' }, 'malformed', 'TK4007', undefined],
]

describe('a result that is final ends at once with the server’s words', () => {
  test.each(FINAL)('%s', async (_name, fault, kind, code, words) => {
    const { peer, client } = await training()
    const before = peer.requests('retrieve_future').length
    peer.fault('retrieve_future', fault)
    const future = client.optimStep()
    const failure = await failureOfRejection(future.result())
    expect(failure).toMatchObject({ kind, requestId: expect.any(String) as string })
    expect(failure.serverSays).toBe(words)
    expect(codeOf(failure)).toBe(code)
    expect(future).toMatchObject({ state: 'failed', failure })
    expect(peer.requests('retrieve_future')).toHaveLength(before + 1)
    expect(structuredClone(failure)).toEqual(failure)
    expect(diagnosticOf(failure)).toMatchObject({ code, message: failure.message })
  })
})

describe('a submission that is refused for good', () => {
  const REFUSED: readonly (readonly [number, string, FailureKind, string])[] = [
    [400, '{"detail":"no such loss"}', 'rejected', 'TK4005'],
    [401, '{"detail":"bad key"}', 'unauthorized', 'TK4004'],
    [404, '{"detail":"model m is unknown"}', 'expired', 'TK4008'],
    [404, '{"detail":"Not Found"}', 'unsupported', 'TK4014'],
    [410, '{"detail":"session is over"}', 'expired', 'TK4008'],
    [413, '{"detail":"too large"}', 'rejected', 'TK4005'],
    [422, '{"detail":[{"loc":["body","adam_params"],"msg":"Field required"}]}', 'rejected', 'TK4005'],
  ]
  test.each(REFUSED)('%i %s fails after one request and burns its number', async (status, body, kind, code) => {
    const { peer, client } = await training()
    peer.fault('optim_step', { status, body })
    const refusedStep = client.optimStep()
    const next = client.optimStep()
    const failure = await failureOfRejection(refusedStep.result())
    expect(failure).toMatchObject({ kind, status, attempts: 1 })
    expect(codeOf(failure)).toBe(code)
    await next.result()
    expect(peer.model.ran).toEqual(['optim_step 2'])
  })

  test('a lasting 409 is tried four times, then it is a conflict with the server’s words', async () => {
    const { peer, client } = await training()
    const clash = { status: 409, body: '{"detail":"number 1 was used for something else"}' }
    peer.fault('optim_step', clash, clash, clash, clash, clash)
    const failure = await failureOfRejection(client.optimStep().result())
    expect(failure).toMatchObject({ kind: 'conflict', serverSays: 'number 1 was used for something else' })
    expect(codeOf(failure)).toBe('TK4013')
    expect(peer.requests('optim_step')).toHaveLength(4)
  })

  test('a name that is taken is a conflict at once, unless it may be overwritten', async () => {
    const { peer, client } = await training()
    const clash = { status: 409, body: '{"detail":"the name ck is taken"}' }
    peer.fault('save_weights', clash)
    const failure = await failureOfRejection(client.saveState('ck').result())
    expect(failure).toMatchObject({ kind: 'conflict', attempts: 1, serverSays: 'the name ck is taken' })
    peer.fault('save_weights', clash)
    await client.saveState('ck', { overwrite: true }).result()
    expect(peer.model.ran).toEqual(['save_weights 2'])
  })

  test('a 409 in the words of a proxy is no word about the name: the save is made again', async () => {
    const { peer, client } = await training()
    const page = { status: 409, ...HTML }
    peer.fault('save_weights', page, page, page, page, page)
    await client.saveState('ck').result()
    expect(peer.model.ran).toEqual(['save_weights 1'])
    peer.fault('retrieve_future', page, page, page, page, page)
    await client.optimStep().result()
    expect(peer.model.ran).toEqual(['save_weights 1', 'optim_step 2'])
  })

  test('a 409 of a proxy that stays is trouble of the server, not a conflict nor a lost answer', async () => {
    const peer = await startPeer()
    const service = clientOf(peer, { tuning: { retry: { baseMs: 5, maxMs: 20, jitter: 0, windowMs: 300 } } })
    const client = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    peer.fault('save_weights', ...Array.from({ length: 200 }, () => ({ status: 409, ...HTML })))
    const failure = await failureOfRejection(client.saveState('ck').result())
    expect(failure).toMatchObject({ kind: 'unavailable', status: 409 })
    expect(failure.serverSays).toContain('502 Bad Gateway')
  })

  test.each([
    ['409', { status: 409, body: '{"detail":"duplicate sequence number"}' }],
    ['400', { status: 400, body: '{"detail":"duplicate seq_id 1"}' }],
  ])(
    'a repeat refused by %s after a lost answer is not a step to be taken again: its result is lost',
    async (_s, no) => {
      const { peer, client } = await training()
      peer.fault('optim_step', { drop: 'after' }, no, no, no, no)
      const failure = await failureOfRejection(client.optimStep().result())
      expect(failure).toMatchObject({ kind: 'expired', what: 'result' })
      expect(peer.model.ran).toEqual(['optim_step 1'])
    },
  )

  test('a server that says x-should-retry: false is believed', async () => {
    const { peer, client } = await training()
    peer.fault('optim_step', { status: 503, headers: { 'x-should-retry': 'false' }, body: '{"detail":"for good"}' })
    const failure = await failureOfRejection(client.optimStep().result())
    expect(failure).toMatchObject({ kind: 'unavailable', attempts: 1 })
    expect(codeOf(failure)).toBe('TK4009')
    expect(isTransient(failure)).toBe(true)
  })

  test('words in HTML are its title', async () => {
    const { peer, client } = await training()
    peer.fault('optim_step', { status: 413, ...HTML })
    const failure = await failureOfRejection(client.optimStep().result())
    expect(failure.serverSays).toBe('an HTML page titled "502 Bad Gateway"')
  })
})

describe('patience has an end', () => {
  const OUTLASTING: readonly (readonly [string, Fault, FailureKind, string])[] = [
    ['429', { status: 429, body: '{"detail":"slow down"}' }, 'rateLimited', 'TK4006'],
    ['503', { status: 503 }, 'unavailable', 'TK4009'],
    ['a dead line', { drop: 'before' }, 'offline', 'TK4002'],
  ]
  test.each(OUTLASTING)('%s for longer than the window fails with its cause', async (_name, fault, kind, code) => {
    const peer = await startPeer()
    const service = clientOf(peer, {
      tuning: { retry: { baseMs: 5, maxMs: 20, jitter: 0, windowMs: 1000 } },
    })
    const client = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    peer.fault('optim_step', ...Array.from({ length: 300 }, () => fault))
    const failure = await failureOfRejection(client.optimStep().result())
    expect(failure.kind).toBe(kind)
    expect(codeOf(failure)).toBe(code)
    expect(failure.attempts).toBeGreaterThan(1)
    expect(peer.model.ran).toEqual([])
  })

  test('an answer that never comes is a timeout', async () => {
    const peer = await startPeer()
    const service = clientOf(peer, {
      tuning: { requestTimeoutMs: 500, retry: { baseMs: 1, maxMs: 1, jitter: 0, windowMs: 50 } },
    })
    const client = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    peer.fault('optim_step', ...Array.from({ length: 20 }, () => ({ delayMs: 20_000 })))
    const failure = await failureOfRejection(client.optimStep().result())
    expect(failure.kind).toBe('timeout')
    expect(codeOf(failure)).toBe('TK4003')
    expect(titleOf(failure)).toBe('Took too long')
  })

  test('a server that stays sick while results are awaited fails the operation in the end', async () => {
    const peer = await startPeer()
    const service = clientOf(peer, { tuning: { pollPatienceMs: 30 } })
    const client = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    peer.fault(
      'retrieve_future',
      ...Array.from({ length: 20 }, () => ({ status: 503, headers: { 'retry-after-ms': '5' } })),
    )
    expect((await failureOfRejection(client.optimStep().result())).kind).toBe('unavailable')
  })

  test('a billing pause is waited out, reported, and given up when its time is over', async () => {
    const events: string[] = []
    const peer = await startPeer({ flags: { billing_exception_max_pause_duration_sec: 1 } })
    const service = clientOf(peer, { onQueueState: (e) => events.push(`${e.operation} ${e.state}: ${e.reason}`) })
    const client = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    const unpaid = { status: 402, body: '{"detail":"no credit"}' }
    peer.fault('optim_step', unpaid, unpaid)
    peer.fault('retrieve_future', unpaid)
    await client.optimStep().result()
    expect(events).toContain('optim_step paused_billing: no credit')
    peer.fault('optim_step', ...Array.from({ length: 500 }, () => unpaid))
    const failure = await failureOfRejection(client.optimStep().result())
    expect(failure).toMatchObject({ kind: 'billing', status: 402 })
    expect(codeOf(failure)).toBe('TK4011')
  })
})

test('something that is not there is told from a route that is not there', async () => {
  const peer = await startPeer()
  const rest = await clientOf(peer).rest()
  const missing = await failureOfRejection(rest.getTrainingRun('nobody'))
  expect(missing).toMatchObject({ kind: 'notFound', status: 404 })
  expect(codeOf(missing)).toBe('TK4012')
  peer.fault('checkpoints', { status: 404, body: '{"detail":"Not Found"}' })
  expect((await failureOfRejection(rest.listUserCheckpoints())).kind).toBe('unsupported')
  expect(await failureOfRejection(rest.deleteCheckpoint('nonsense'))).toMatchObject({ kind: 'rejected' })
})

test('a forward-backward pass without data is refused before anything is sent', async () => {
  const { peer, client } = await training()
  const failure = await failureOfRejection(client.forwardBackward([], 'cross_entropy').result())
  expect(failure.kind).toBe('rejected')
  await client.optimStep().result()
  expect(peer.model.ran).toEqual(['optim_step 1'])
})

/** Reports to the server: their form, their limits, their end, and that they hold no secrets. */
import { describe, expect, test } from 'vitest'
import { TinkerError } from '../failure.ts'
import { clientOf, failureOfRejection, startPeer, until } from '../testing/fixtures.ts'
import { vectorsOf } from '../testing/vectors.ts'
import { TELEMETRY_LIMITS, TelemetryReporter, withTelemetry } from './telemetry.ts'
import { durationText, errorContent, telemetryEvent } from './telemetryEvents.ts'
import { Connection } from '../transport/connection.ts'
import { onTestFinished } from 'vitest'
import type { TelemetryOptions } from './telemetry.ts'
import type { Peer } from '../testing/peer.ts'
import type { TelemetryEvent } from './telemetryEvents.ts'

type Batch = {
  events: TelemetryEvent[]
  session_id: string
  process_uuid?: string
  platform: string
  sdk_version: string
}
const batches = (peer: Peer): Batch[] => peer.requests('telemetry').map((r) => r.body as Batch)
const events = (peer: Peer): TelemetryEvent[] => batches(peer).flatMap((batch) => batch.events)
const vector = (name: string): { input: unknown; expected: unknown } =>
  vectorsOf<unknown, unknown>('telemetry').find((v) => v.name.startsWith(name))!

function reporterOf(peer: Peer, options: Partial<TelemetryOptions> = {}): TelemetryReporter {
  const connection = new Connection({ baseUrl: peer.url, apiKey: 'tml-secret-key' })
  onTestFinished(() => connection.close())
  return new TelemetryReporter({ connection, sessionId: 's1', betweenTriesMs: 5, ...options })
}

describe('the form of a report', () => {
  const at = new Date('2026-01-01T00:00:00Z')
  const timed = (event: TelemetryEvent): object => ({ ...event, timestamp: event.timestamp.replace('.000Z', 'Z') })

  test('is the official one', () => {
    const generic = { event: 'GENERIC_EVENT', event_name: 'x', event_data: { a: 1 } } as const
    expect(timed(telemetryEvent(generic, 3, 'INFO', at, 'id'))).toEqual(vector('generic event').expected)
    const [content, severity] = errorContent(Object.assign(new Error('x'), { name: 'ValueError', stack: undefined }))
    expect(timed(telemetryEvent(content, 1, severity, at, 'id'))).toEqual(vector('an exception without').expected)
    const limits = vector('limits').expected as Record<string, number>
    const { batch, queue, intervalMs, httpTimeoutMs, drainMs } = TELEMETRY_LIMITS
    expect([batch, queue, intervalMs / 1000, httpTimeoutMs / 1000, drainMs / 1000]).toEqual([
      limits['max_batch'],
      limits['max_queue'],
      limits['flush_interval_s'],
      limits['http_timeout_s'],
      limits['flush_timeout_s'],
    ])
  })

  test('says durations as the official client does', () => {
    const { input, expected } = vector('duration') as {
      input: { seconds: number }[]
      expected: { tinker_0_25_0: string }[]
    }
    expect(input.map(({ seconds }) => durationText(seconds * 1000))).toEqual(expected.map((e) => e.tinker_0_25_0))
    expect(durationText(2 * 86_400_000)).toBe('2 days, 0:00:00')
  })

  test('calls what the user can mend a warning', () => {
    const refused = new TinkerError({ kind: 'rejected', message: 'no', status: 422, serverSays: 'bad rank' })
    expect(errorContent(refused)).toEqual([
      {
        event: 'GENERIC_EVENT',
        event_name: 'user_error',
        event_data: { error_type: 'UnprocessableEntityError', message: 'no', status_code: 422, body: 'bad rank' },
      },
      'WARNING',
    ])
    expect(errorContent(new TinkerError({ kind: 'offline', message: 'gone' }))[0]).toMatchObject({
      event: 'UNHANDLED_EXCEPTION',
      error_type: 'APIConnectionError',
    })
  })
})

describe('a report', () => {
  test('begins and ends with the session, holds its failures and no secrets', async () => {
    const peer = await startPeer({ key: 'tml-test' })
    const service = clientOf(peer, { telemetry: true })
    await service.createSamplingClient({ baseModel: 'tiny' })
    const reporter = (await service.telemetry())!
    reporter.log('step', { header: { 'X-API-Key': 'abc' }, text: 'my key is tml-test, yes' })
    peer.fault('get_server_capabilities', { status: 422, body: '{"detail":"who is tml-test?"}' })
    await failureOfRejection(service.getServerCapabilities())
    await service.close()
    expect(events(peer).map((e) => (e.event === 'GENERIC_EVENT' ? e.event_name : e.event))).toEqual([
      'SESSION_START',
      'step',
      'client.failed',
      'SESSION_END',
    ])
    expect(events(peer).map((e) => e.event_session_index)).toEqual([0, 1, 2, 3])
    expect(JSON.stringify(batches(peer))).not.toContain('tml-test')
    expect(Object.keys(batches(peer)[0]!).sort()).toEqual(
      Object.keys(vector('batch envelope').expected as object).sort(),
    )
    expect(batches(peer).map((batch) => batch.session_id)).toEqual(batches(peer).map(() => 's1'))
  })

  test('is not sent unless it is asked for', async () => {
    const peer = await startPeer()
    const service = clientOf(peer)
    await service.createSamplingClient({ baseModel: 'tiny' })
    await service.close()
    expect(await service.telemetry()).toBeUndefined()
    expect(peer.requests('telemetry')).toHaveLength(0)
  })

  test('without a session has an id of its own and neither start nor end', async () => {
    const peer = await startPeer()
    const connection = new Connection({ baseUrl: peer.url })
    const reporter = new TelemetryReporter({ connection })
    reporter.log('x')
    await reporter.flush()
    connection.close()
    await reporter.end()
    expect(batches(peer)[0]!.session_id).toMatch(/^sessionless-[0-9a-f-]{36}$/)
    expect(events(peer)).toHaveLength(1)
  })

  test('goes in batches, and drops the new when its queue is full', async () => {
    const peer = await startPeer()
    const reporter = reporterOf(peer)
    for (let i = 0; i < 250; i++) reporter.log('e', { i })
    await until(() => peer.requests('telemetry').length >= 4)
    await reporter.flush()
    expect(batches(peer).map((batch) => batch.events.length)).toEqual([1, 100, 100, 50])
    for (let i = 0; i < TELEMETRY_LIMITS.queue; i++) reporter.log('e')
    expect([reporter.log('one too many'), reporter.queued, reporter.dropped]).toEqual([
      false,
      TELEMETRY_LIMITS.queue,
      1,
    ])
  })

  test('is tried three times and then kept; what the server refuses is dropped', async () => {
    const peer = await startPeer()
    const reporter = reporterOf(peer, { intervalMs: 60_000 })
    await reporter.flush()
    peer.fault('telemetry', { status: 503 }, { drop: 'before' }, { status: 500 })
    reporter.log('kept')
    const before = peer.requests('telemetry').length
    expect([await reporter.flush(), reporter.queued]).toEqual([false, 1])
    expect(peer.requests('telemetry')).toHaveLength(before + 3)
    expect([await reporter.flush(), reporter.queued]).toEqual([true, 0])
    peer.fault('telemetry', { status: 422, body: '{"detail":"no"}' })
    reporter.log('refused')
    expect([await reporter.flush(), reporter.queued, reporter.dropped]).toEqual([true, 0, 1])
    peer.fault('telemetry', { status: 404, body: '{"detail":"Not Found"}' })
    reporter.log('nowhere')
    await reporter.flush()
    expect([reporter.log('never again'), reporter.dropped]).toEqual([false, 3])
  })

  test('of a thrown error is made once, and the error goes on as it is', async () => {
    const peer = await startPeer()
    const reporter = reporterOf(peer, { intervalMs: 60_000 })
    const thrown = new RangeError('boom')
    await expect(withTelemetry(reporter, () => Promise.reject(thrown), { fatal: true })).rejects.toBe(thrown)
    await reporter.flush()
    const named = events(peer).map((e) => e.event)
    expect(named).toEqual(['SESSION_START', 'UNHANDLED_EXCEPTION', 'SESSION_END'])
    expect(await withTelemetry(undefined, () => Promise.resolve(7))).toBe(7)
  })
})

/** The rules of recovery by themselves: policies, journals, the choice of a save, events in their order, the monitor. */
import { describe, expect, test } from 'vitest'
import { clientOf, failureOfRejection, startPeer, until } from '../testing/fixtures.ts'
import { vectorsOf } from '../testing/vectors.ts'
import { readJournal, startJournal, withSave, withStep } from './journal.ts'
import { RecoveryMonitor } from './monitor.ts'
import { DEFAULT_POLICY, readPolicy, recoveryWaitMs } from './policy.ts'
import { chosenSave, recover, RecoveryExecutor } from './recover.ts'
import type { RecoveryEvent } from './recover.ts'

const recipe = { baseModel: 'tiny', rank: 8 }
const save = (step: number, loss: number): { step: number; path: string; metrics: { loss: number } } => ({
  step,
  path: `tinker://r/weights/${step}`,
  metrics: { loss },
})

test.each(vectorsOf<unknown, Record<string, unknown>>('recovery_policy'))('policy: $name', ({ input, expected }) => {
  const policy = readPolicy(input)
  expect({
    enabled: policy.enabled,
    max_attempts: policy.maxAttempts,
    checkpoint_strategy: policy.strategy,
    backoff_ms: policy.backoffMs,
    max_backoff_ms: policy.maxBackoffMs,
    poll_interval_ms: policy.pollMs,
    restore_optimizer: policy.restoreOptimizer,
  }).toEqual(expected)
})

test.each([null, 7, 'x', [], { maxAttempts: 1.5, strategy: { path: '' }, enabled: 'yes', pollMs: -1 }])(
  'settings that are of no use (%j) leave the default policy',
  (settings) => expect(readPolicy(settings)).toEqual(DEFAULT_POLICY),
)

test('waits double up to their limit', () => {
  type Waits = { backoff_ms: number; max_backoff_ms: number; attempts: number[] }
  const vector = vectorsOf<Waits, number[]>('backoff').find(({ name }) => name.startsWith('recovery attempts'))!
  const policy = { ...DEFAULT_POLICY, backoffMs: vector.input.backoff_ms, maxBackoffMs: vector.input.max_backoff_ms }
  expect(vector.input.attempts.map((n) => recoveryWaitMs(n, policy))).toEqual(vector.expected)
})

describe('a journal', () => {
  const journal = withStep(withSave(withSave(startJournal(recipe), save(4, 1)), save(2, 3)), 5, 12)

  test('survives JSON and structured cloning', () => {
    expect(readJournal(JSON.parse(JSON.stringify(journal)))).toEqual({ ok: true, value: journal })
    expect(structuredClone(journal)).toEqual(journal)
    expect(journal.saves.map(({ step }) => step)).toEqual([2, 4])
  })

  test.each([[null], [{}], [{ ...journal, version: 2 }], [{ ...journal, saves: [{ step: 'x' }] }]])(
    'that is none is refused with a sentence: %j',
    (value) => expect(readJournal(value)).toMatchObject({ ok: false, error: expect.any(String) as string }),
  )

  test('has a latest, a best and a named save', () => {
    const better = withSave(journal, save(6, 2))
    const score = ({ metrics }: { metrics?: Readonly<Record<string, number>> }): number => -metrics!['loss']!
    expect(chosenSave(better, { strategy: 'latest' })?.step).toBe(6)
    expect(chosenSave(better, { strategy: 'best' }, score)?.step).toBe(4)
    expect(chosenSave(better, { strategy: { path: 'tinker://r/weights/2' } })?.step).toBe(2)
    expect(chosenSave(startJournal(recipe), { strategy: 'latest' })).toBeUndefined()
  })
})

describe('events', () => {
  const vectors = vectorsOf<{ corrupted?: boolean; attempts: ('ok' | 'error')[] }, string[]>('recovery_events')

  test.each(vectors)('$name', async ({ input, expected }) => {
    const peer = await startPeer()
    const events: string[] = []
    const onEvent = ({ type }: RecoveryEvent): void => void events.push(type)
    const refused = { status: 422, body: '{"detail":"no room"}' }
    peer.fault('weights_info', ...input.attempts.filter((a) => a === 'error').map(() => refused))
    const service = clientOf(peer)
    // The run of the peer is well; a corrupted one is what the server says of it.
    peer.fault('training_runs/run:1', { status: 200, body: corrupted() })
    const monitor = new RecoveryMonitor(await service.rest(), { pollMs: 5 })
    const lost = new Promise<void>((resolve) => {
      monitor.watch('run:1', { onEvent, onLost: () => resolve() })
    })
    await lost
    const journal = withSave(startJournal(recipe), save(2, 1))
    const recovery = new RecoveryExecutor(1).recover(service, journal, { policy: { backoffMs: 1 }, onEvent })
    if (input.attempts.includes('ok')) expect((await recovery).journal).toMatchObject({ step: 2, recoveries: 1 })
    else expect((await failureOfRejection(recovery)).status).toBe(422)
    expect(events).toEqual(expected)
  })
})

test('a monitor goes on through trouble, tells of it, and stops when told', async () => {
  const peer = await startPeer()
  const service = clientOf(peer)
  peer.fault('training_runs/run:1', { status: 422, body: '{"detail":"later"}' })
  const events: string[] = []
  const monitor = new RecoveryMonitor(await service.rest(), { pollMs: 5 })
  const stop = monitor.watch('run:1', {
    onEvent: ({ type }) => events.push(type),
    onLost: () => events.push('lost'),
  })
  await until(() => peer.requests('training_runs/run:1').length > 3)
  stop()
  const asked = peer.requests('training_runs/run:1').length
  await new Promise((resolve) => setTimeout(resolve, 40))
  expect(peer.requests('training_runs/run:1').length - asked).toBeLessThan(2)
  expect(events).toEqual(['poll_error'])
})

test('no more runs are rebuilt at a time than wanted', async () => {
  const peer = await startPeer()
  const service = clientOf(peer)
  const executor = new RecoveryExecutor(2)
  const slow = Array.from({ length: 6 }, () => ({ delayMs: 30 }))
  peer.fault('create_model', ...slow)
  let now = 0
  let most = 0
  const onEvent = ({ type }: RecoveryEvent): void => {
    if (type === 'started') most = Math.max(most, ++now)
    if (type === 'completed') now--
  }
  await Promise.all(slow.map(() => executor.recover(service, startJournal(recipe), { onEvent })))
  expect(most).toBe(2)
})

test('a recovery can be cancelled while it waits', async () => {
  const peer = await startPeer()
  peer.fault('create_model', { status: 422, body: '{"detail":"no"}' })
  const stop = new AbortController()
  const events: string[] = []
  const recovery = recover(clientOf(peer), startJournal(recipe), {
    signal: stop.signal,
    policy: { backoffMs: 60_000 },
    onEvent: ({ type }) => {
      events.push(type)
      if (type === 'failed') setTimeout(() => stop.abort(), 5)
    },
  })
  expect((await failureOfRejection(recovery)).kind).toBe('aborted')
  expect(events).toEqual(['started', 'checkpoint_selected', 'failed'])
})

function corrupted(): string {
  return JSON.stringify({ training_run_id: 'run:1', base_model: 'tiny', is_lora: true, corrupted: true })
}

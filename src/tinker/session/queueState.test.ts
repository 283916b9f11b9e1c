/** What is said about operations that wait, against the shared vectors. */
import { expect, test } from 'vitest'
import { QueueStateLogger } from './queueState.ts'
import { clientOf, startPeer } from '../testing/fixtures.ts'
import { vectorsOf } from '../testing/vectors.ts'
import type { QueueEvent } from '../config.ts'
import type { QueueState } from '../wire/futureAnswer.ts'

type Step = { t_s: number; state: QueueState; reason: string | null }
type Logged = { warned: boolean[]; messages: string[] }

test('one line a minute, none while active, the server’s reason first', () => {
  const vector = vectorsOf<Step[], Logged>('queue_state_log').find((v) => v.name.startsWith('sampling: one'))!
  let now = 0
  const lines: string[] = []
  const logger = new QueueStateLogger({ write: (line) => lines.push(line), now: () => now })
  const warned = vector.input.map(({ t_s: t, state, reason }) => {
    now = t * 1000
    return logger.saw('Sampling for sampler s:sample:0', { state, reason, operation: 'asample' })
  })
  expect(warned).toEqual(vector.expected.warned)
  const ours = vector.expected.messages.map((text) =>
    text.replace('Sampling is paused for sampler s:sample:0', 'Sampling for sampler s:sample:0 is paused'),
  )
  expect(lines).toEqual(ours)
})

test('a short pause is not worth a line, and a reset forgets what was said', () => {
  let now = 0
  const lines: string[] = []
  const logger = new QueueStateLogger({ write: (line) => lines.push(line), graceMs: 1000, now: () => now })
  const paused = { state: 'paused_capacity', reason: null, operation: 'optim_step' } as const
  expect(logger.saw('Training', paused)).toBe(false)
  now = 500
  logger.saw('Training', { ...paused, state: 'active' })
  now = 1200
  expect(logger.saw('Training', paused)).toBe(false)
  now = 2300
  expect([logger.saw('Training', paused), logger.saw('Training', paused)]).toEqual([true, false])
  expect(logger.names).toEqual(['Training'])
  logger.reset('Training')
  expect(logger.names).toEqual([])
  expect(lines).toHaveLength(1)
})

test('the observer hears of changes only, in 200s and in 408s', async () => {
  const peer = await startPeer()
  const heard: QueueEvent[] = []
  const service = clientOf(peer, { onQueueState: (event) => heard.push(event) })
  const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
  const says = (status: number, state: string, reason: string | null): { status: number; body: string } => ({
    status,
    body: JSON.stringify({ type: 'try_again', queue_state: state, queue_state_reason: reason }),
  })
  const vector = vectorsOf<{ state: string; reason: string | null }[], boolean[]>('queue_state_notify').find((v) =>
    Array.isArray(v.input),
  )!
  peer.fault('retrieve_future', ...vector.input.map(({ state, reason }, i) => says(i === 1 ? 408 : 200, state, reason)))
  await training.optimStep().result()
  // Whoever waits is not told of being active: the result says it.
  const expected = vector.input.filter(({ state }, i) => vector.expected[i] && state !== 'active')
  expect(heard.map(({ state }) => state)).toEqual(expected.map(({ state }) => state))
  expect(heard[1]!.reason).toBe('x')
})

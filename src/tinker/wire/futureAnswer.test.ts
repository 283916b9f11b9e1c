/** One row per spelling and server (servers reference §2.3): whatever they say, it means one of five things. */
import { describe, expect, test } from 'vitest'
import { encodeFailedFuture, encodeTryAgain, readFutureAnswer, readFutureRefusal } from './futureAnswer.ts'
import { serverWords } from './futureAnswer.ts'

function read(status: number, body: unknown): unknown {
  return status < 300 ? readFutureAnswer(body) : readFutureRefusal(status, body)
}

const pending = (queueState = 'unknown', queueStateReason: string | null = null): object => ({
  outcome: 'tryAgain',
  queueState,
  queueStateReason,
})
const failed = (message: string, category = 'unknown'): object => ({ outcome: 'failed', message, category })
const gone = (message: string, why = 'unknown'): object => ({ outcome: 'gone', why, message })

type Row = readonly [server: string, what: string, status: number, body: unknown, reading: object | undefined]

const rows: readonly Row[] = [
  ['hosted Tinker', 'pending', 408, { queue_state: 'active' }, pending('active')],
  ['hosted Tinker', 'pending without a body', 408, undefined, pending()],
  [
    'hosted Tinker',
    'held back',
    200,
    { type: 'try_again', request_id: '1', queue_state: 'paused_capacity', queue_state_reason: 'busy' },
    pending('paused_capacity', 'busy'),
  ],
  ['hosted Tinker', 'failed by the user', 200, { error: 'bad data', category: 'user' }, failed('bad data', 'user')],
  ['hosted Tinker', 'failed by the server', 200, { error: 'oom', category: 'server' }, failed('oom', 'server')],
  ['hosted Tinker', 'unknown', 404, { detail: 'no such future' }, gone('no such future')],
  ['hosted Tinker', 'expired', 410, { detail: 'result expired' }, gone('result expired', 'expired')],
  ['hosted Tinker', 'expired without a body', 410, undefined, gone('the result has expired', 'expired')],
  ['hosted Tinker', 'large', 200, { status: 'complete_metadata' }, { outcome: 'metadataOnly', payloadBytes: 0 }],
  ['hosted Tinker', 'no credit', 402, { detail: 'billing' }, undefined],
  ['hosted Tinker', 'too fast', 429, { detail: 'slow down' }, undefined],
  ['SkyRL', 'pending after 300 s', 408, { detail: 'Timeout waiting for result' }, pending()],
  ['SkyRL', 'failed', 400, { detail: 'Sequence too long' }, failed('Sequence too long')],
  ['SkyRL', 'unknown', 404, { detail: 'Request 7 not found' }, gone('Request 7 not found')],
  ['SkyRL', 'a checkpoint still being written', 425, { detail: 'Checkpoint is pending' }, pending()],
  [
    'SkyRL',
    'an id that is no integer, which is about the poll and not the future',
    422,
    { detail: [{ loc: ['body', 'request_id'], msg: 'not an integer' }] },
    undefined,
  ],
  [
    'TuFT',
    'pending after 120 s',
    200,
    { type: 'try_again', request_id: 'a', queue_state: 'active' },
    pending('active'),
  ],
  ['TuFT', 'failed', 422, { detail: 'loss is not finite' }, failed('loss is not finite')],
  ['TuFT', 'a sequence conflict', 409, { detail: 'sequence conflict' }, failed('sequence conflict')],
  ['TuFT', 'unknown', 404, { detail: 'Future not found' }, gone('Future not found')],
  ['TuFT', 'overloaded', 503, { detail: 'no worker' }, undefined],
  ['Open-RL', 'pending after 60 s', 200, { type: 'try_again' }, pending()],
  [
    'Open-RL',
    'failed',
    400,
    { type: 'RequestFailedResponse', error_message: 'rank is too high' },
    failed('rank is too high'),
  ],
  [
    'Open-RL',
    'unknown, in the shape of a failure',
    400,
    { type: 'RequestFailedResponse', error_message: 'Unknown request id abc' },
    gone('Unknown request id abc'),
  ],
  ['Twinkle', 'pending', 200, { type: 'try_again', queue_state: 'paused_rate_limit' }, pending('paused_rate_limit')],
  ['Twinkle', 'failed, with a capital', 200, { error: 'rejected', category: 'User' }, failed('rejected')],
  ['tinker-cloud', 'pending', 408, { error: 'timeout', status_code: 408, path: '/x' }, pending()],
  ['tinker-cloud', 'failed', 400, { error: 'shape', status_code: 400, path: '/x' }, failed('shape')],
  ['tinker-cloud', 'unknown', 404, { error: 'no future', status_code: 404, path: '/x' }, gone('no future')],
  ['Beam', 'pending', 408, {}, pending()],
  ['Beam', 'failed', 200, { error: '', category: 'server' }, failed('', 'server')],
  ['MinT', 'pending, with a wait in its headers', 408, { detail: 'pending' }, pending()],
  ['a proxy', 'a bare 400', 400, undefined, undefined],
  ['a proxy', 'a 400 whose JSON says nothing', 400, {}, undefined],
  ['a proxy', 'a gateway that lost the server', 502, undefined, undefined],
  ['any server', 'no right', 403, { detail: 'not yours' }, undefined],
  [
    'any server',
    'a failure about a checkpoint that is not there',
    400,
    { detail: 'weights not found' },
    failed('weights not found'),
  ],
]

describe('what servers say when asked for a result', () => {
  test.each(rows)('%s: %s', (_server, _what, status, body, reading) => {
    expect(read(status, body)).toEqual(reading)
  })

  test('anything else that is an object is the result', () => {
    for (const body of [{ path: 'tinker://r/weights/1' }, { metrics: null }, { status: 'pending' }, {}])
      expect(readFutureAnswer(body)).toEqual({ outcome: 'done', value: body })
  })

  test('what our own server says is read back as it was meant', () => {
    expect(read(200, encodeTryAgain('7', 'paused_capacity', 'busy'))).toEqual(pending('paused_capacity', 'busy'))
    expect(read(200, encodeFailedFuture('no', 'user'))).toEqual(failed('no', 'user'))
  })
})

describe('the words of an error body', () => {
  test.each([
    [{ detail: 'a' }, 'a'],
    [{ error: { message: 'a', type: 't' } }, 'a'],
    [{ detail: { error_message: 'a' } }, 'a'],
    [
      { detail: [{ loc: ['body', 'rank'], msg: 'too high', type: 'x' }, { msg: 'and so on' }] },
      'body.rank: too high; and so on',
    ],
    [{ detail: ['a', { message: 'b' }, 3] }, 'a; b; 3'],
    [{ detail: { code: 7 } }, '{"code":7}'],
    [{ detail: { code: 2n ** 60n } }, '{"code":1152921504606846976}'],
    [{ detail: '', message: 'a' }, 'a'],
    [{}, undefined],
    ['text', undefined],
  ])('of form %#', (body, words) => {
    expect(serverWords(body)).toBe(words)
  })

  test('a body nested a hundred thousand deep is no danger', () => {
    let body: unknown = 'x'
    for (let i = 0; i < 100_000; i++) body = { error: body }
    expect(typeof serverWords(body)).toBe('string')
    let list: unknown = 'x'
    for (let i = 0; i < 100_000; i++) list = [list]
    expect(typeof serverWords({ detail: list })).toBe('string')
    expect(readFutureAnswer({ error: list }).outcome).toBe('failed')
  })
})

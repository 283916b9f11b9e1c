/** What a poll for a result means. */
import { EITHER_TYPE, namesProtobuf } from '#src/tinker/wire/contentTypes.ts'
import { encodeFailedFuture, readFutureAnswer, readQueueState } from '#src/tinker/wire/futureAnswer.ts'
import { isRetried } from '#src/tinker/transport/retry.ts'
import { ok } from 'node:assert/strict'
import { check, elsewhere, isTinkex, same } from '../vector.ts'
import { datumOf, settled, withService } from '../conversation.ts'
import type { QueueEvent } from '#src/tinker/config.ts'
import type { FailureCategory } from '#src/tinker/wire/futureAnswer.ts'

type Body = Record<string, unknown> & { content_type?: string; network?: string }
type Expected = {
  outcome: string
  queue_state?: string
  queue_state_reason?: string | null
  payload_size?: number
  message?: string
  category?: string
}

export const pollBody = check<Body, Expected>((input, expected) => {
  if (input.network !== undefined) return same(isRetried('offline', 1), true)
  if (input.content_type !== undefined)
    return same(namesProtobuf(input.content_type), expected.outcome === 'success_proto')
  const answer = readFutureAnswer(input)
  const { queue_state: queueState, queue_state_reason: reason = null, message, category } = expected
  if (expected.outcome === 'try_again') same(answer, { outcome: 'tryAgain', queueState, queueStateReason: reason })
  else if (expected.outcome === 'metadata_only')
    same(answer, { outcome: 'metadataOnly', payloadBytes: expected.payload_size })
  else if (expected.outcome === 'failed') same(answer, { outcome: 'failed', message, category })
  else same(answer, { outcome: 'done', value: input })
})

export const tinkexBody = check(() => elsewhere('describes what Tinkex cannot read'))

type Notify = { state: string; reason: string | null }

export const queueNotify = check<Notify[] | { status: number; body: Record<string, unknown> }, unknown>(
  async (input, expected) => {
    if (!Array.isArray(input)) {
      const { queueState, queueStateReason } = readQueueState(input.body)
      return same({ state: queueState, reason: queueStateReason }, expected)
    }
    const events: QueueEvent[] = []
    await withService({ config: { onQueueState: (event) => events.push(event) } }, async ({ peer, service }) => {
      const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
      const answers = input.map(({ state, reason }) => ({
        status: 200,
        body: JSON.stringify({ type: 'try_again', queue_state: state, queue_state_reason: reason }),
      }))
      peer.fault('retrieve_future', ...answers)
      await training.optimStep().result()
    })
    // That an operation runs is no event here; every other change is told once.
    const told = input.filter(({ state }, i) => state !== 'active' && (expected as boolean[])[i])
    same(
      events.map(({ state }) => state),
      told.map(({ state }) => state),
    )
  },
)

export const queueParse = check(() =>
  elsewhere('Tinkex reads states in any case; the official client compares exactly, and so does this one'),
)

type Status = { kind: string; action?: string }

const KINDS: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  402: 'billing',
  403: 'unauthorized',
  404: 'expired',
  410: 'expired',
  422: 'failed',
}

/** The client's own table where it says more than "fatal"; what is asked again is asked again. */
export const pollStatus = check<{ status: number }, Status>(async ({ status }, expected) => {
  await withService({ flags: { billing_exception_max_pause_duration_sec: 0 } }, async ({ peer, service }) => {
    const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
    const before = peer.requests('retrieve_future').length
    const again = expected.kind.startsWith('retry') && status !== 410
    peer.fault(
      'retrieve_future',
      ...Array.from({ length: again ? 1 : 100 }, () => ({ status, body: '{"detail":"x"}' })),
    )
    const ended = await settled(training.optimStep().result())
    if (expected.kind === 'retry' || expected.kind === 'retry_with_backoff') {
      ok(ended.ok, 'the operation must have ended well')
      same(peer.requests('retrieve_future').length, before + 2)
    } else {
      ok(!ended.ok, 'the operation must have failed')
      const wanted = KINDS[status]
      if (wanted !== undefined) same(ended.error.kind, wanted)
    }
  })
})

type PollRequest = { body?: Record<string, unknown>; headers?: Record<string, string> }

/** One poll of a result that exists in protobuf, one of a result that is JSON only. */
function idOf(body: unknown): unknown {
  return (body as { request_id: unknown }).request_id
}

export const pollRequest = check<{ iteration: number; result: string; allow_metadata_only?: boolean }, PollRequest>(
  async (input, expected) => {
    await withService({}, async ({ peer, service }) => {
      const training = await service.createLoraTrainingClient({ baseModel: 'tiny' })
      const { body, headers } = expected
      if (input.allow_metadata_only === false)
        peer.fault('retrieve_future', { status: 200, body: '{"status":"complete_metadata","response_payload_size":9}' })
      const proto = input.result.startsWith('proto')
      await (proto ? training.forward([datumOf([1, 2])], 'cross_entropy') : training.optimStep()).result()
      const sent = peer.requests('retrieve_future').at(-1)!
      const { request_id: _id, ...flags } = sent.body as Record<string, unknown>
      const { request_id: _other, ...wanted } = body ?? flags
      same(flags, wanted)
      const accept = headers?.['Accept']
      if (accept !== undefined) ok(sent.headers.accept?.includes(accept))
      same(sent.headers.accept, proto ? EITHER_TYPE : 'application/json')
      // The operations are not the vector's, so neither are their names; `presets.test.ts` compares those.
      const polls = peer.requests('retrieve_future').filter(({ body: asked }) => idOf(asked) === idOf(sent.body))
      same(sent.headers['x-tinker-request-iteration'], String(polls.length - 1))
      same(sent.headers['x-tinker-request-type'], proto ? 'Forward' : 'OptimStep')
      const first = polls[0]!.headers['x-tinker-create-promise-roundtrip-time']
      ok(typeof first === 'string' && Number(first) >= 0)
    })
  },
)

export const errorCategory = check<(string | null)[], string[]>((input, expected, vector) => {
  if (isTinkex(vector)) elsewhere('Tinkex reads categories in any case; the wire has them in lower case only')
  const words = expected.map((category) => encodeFailedFuture('x', category as FailureCategory))
  const read = words.map((body) => readFutureAnswer(body))
  same(
    read.map((answer) => (answer.outcome === 'failed' ? answer.category : answer.outcome)),
    input.map((word) => word?.toLowerCase()),
  )
})

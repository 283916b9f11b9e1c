/** Asking for results: one request's, or all that a sampling client waits for. */
import { array, int, literal, number, object, optional, string, withDefault } from '../../tinker/wire/shape.ts'
import { futureRetrieveRequest } from '../../tinker/wire/requests.ts'
import { streamName } from '../service/completions.ts'
import { demand } from '../service/refusal.ts'
import { jsonAnswer, pollAnswer } from './answers.ts'
import { readJson } from './body.ts'
import type { TinkerService } from '../service/service.ts'
import type { Router } from './router.ts'

const futuresRequest = object({
  target: object({
    type: withDefault(literal('sampling_session'), 'sampling_session'),
    sampling_session_id: string,
    cloned_sampler_id: withDefault(int, 0),
  }),
  prev_cursor: withDefault(int, 0),
  /** Seconds; 0 asks for what is there now. */
  timeout: optional(number),
  retrieved_request_ids: withDefault(array(string), []),
})
const cancelRequest = object({ request_id: string })
const joinRequest = object({ sampling_session_id: string })

/** A client that asks while the queue is paused is told so soon, but may not ask without end. */
const PAUSED_HOLD_MS = 2000

/** @param holdMs how long a poll waits */
export function addFutureRoutes(router: Router, service: TinkerService, holdMs: number): void {
  const { futures, badDays } = service.context

  router
    .add('POST', 'retrieve_future', async ({ body, request }) => {
      const { request_id, allow_metadata_only } = readJson(body, futureRetrieveRequest)
      const before = badDays.queue
      const isPaused = before.state !== 'active'
      const hold = isPaused ? Math.min(holdMs, PAUSED_HOLD_MS) : holdMs
      const outcome = await futures.poll(request_id, hold, request.signal)
      const queue = isPaused ? before : badDays.queue
      return pollAnswer(request_id, outcome, queue, request.headers.get('accept'), allow_metadata_only)
    })
    .add('POST', 'retrieve_futures', async ({ body, request }) => {
      const asked = readJson(body, futuresRequest)
      const { sampling_session_id: session, cloned_sampler_id: clone } = asked.target
      demand(clone >= 0 && asked.prev_cursor >= 0, 'cloned_sampler_id and prev_cursor must not be negative')
      service.samplers.get(session)
      const stream = streamName(session, clone)
      futures.forget(asked.retrieved_request_ids, stream)
      const hold = Math.min(holdMs, Math.max(0, (asked.timeout ?? Infinity) * 1000))
      const { completions, cursor } = await service.completions.after(stream, asked.prev_cursor, hold, request.signal)
      const events = completions.map(({ requestId, failed, bytes }) =>
        failed
          ? { state: 'failed', request_id: requestId }
          : { state: 'finished', request_id: requestId, response_payload_uncompressed_size: bytes },
      )
      return jsonAnswer({ completions: events, cursor })
    })
    .add('POST', 'cancel_future', ({ body }) => {
      futures.cancel(readJson(body, cancelRequest).request_id)
      return jsonAnswer({ status: 'ok' })
    })
    .add('POST', 'join_sampling_session', ({ body }) => {
      const counter = service.samplers.join(readJson(body, joinRequest).sampling_session_id)
      return jsonAnswer({ type: 'join_sampling_session', client_counter: counter })
    })
}

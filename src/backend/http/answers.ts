/** Responses. Every one has a Content-Length: clients take a 400 without one for a fault of a proxy and retry it. */
import { JSON_TYPE, namesProtobuf, PROTOBUF_TYPE } from '../../tinker/wire/contentTypes.ts'
import { encodeForwardBackwardOutputJson } from '../../tinker/wire/forwardBackward.ts'
import { encodeFailedFuture, encodeTryAgain } from '../../tinker/wire/futureAnswer.ts'
import { stringifyJson } from '../../tinker/wire/json.ts'
import { encodeForwardBackwardOutputProto } from '../../tinker/wire/protoForwardBackwardOutput.ts'
import { encodeSampleResultProto } from '../../tinker/wire/protoSample.ts'
import { encodeSampleResultJson } from '../../tinker/wire/sample.ts'
import { payloadBytes } from '../service/futures.ts'
import { StorageFull } from '../storage/blobStore.ts'
import { Refusal } from '../service/refusal.ts'
import type { QueueReport } from '../service/badDays.ts'
import type { Future, OperationResult, Outcome } from '../service/futures.ts'

/** Results above this are announced with their size first, if the client says that it understands. */
const ANNOUNCE_BYTES = 4 * 1024 * 1024

/** A token that has run out is exchanged anew by clients that are told in these words. */
const HEADERS: Readonly<Record<number, Record<string, string>>> = {
  401: { 'www-authenticate': 'Bearer error="invalid_token"' },
  429: { 'retry-after': '1' },
}

export function jsonAnswer(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return bytesAnswer(new TextEncoder().encode(stringifyJson(body)), JSON_TYPE, status, headers)
}

export function bytesAnswer(
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  return new Response(bytes, {
    status,
    headers: { 'content-type': type, 'content-length': String(bytes.length), ...headers },
  })
}

/** `more` are members that only some submissions have. */
export function futureAnswer({ requestId, modelId }: Future, more: Readonly<Record<string, unknown>> = {}): Response {
  return jsonAnswer({ request_id: requestId, ...(modelId === null ? {} : { model_id: modelId }), ...more })
}

/** Anything that a route threw. What is no refusal is a fault of this server and is reported by the caller. */
export function errorAnswer(error: unknown): Response {
  if (error instanceof StorageFull) return jsonAnswer({ detail: error.message, category: 'server' }, 507)
  if (!(error instanceof Refusal)) {
    const detail = `the server failed: ${error instanceof Error ? error.message : String(error)}`
    return jsonAnswer({ detail, category: 'server' }, 500)
  }
  const headers = HEADERS[error.status]
  return jsonAnswer({ detail: error.message, category: error.category }, error.status, headers)
}

/** The answer to a poll; `outcome` null when the result is still to come. */
export function pollAnswer(
  requestId: string,
  outcome: Outcome | null,
  queue: QueueReport,
  accepts: string | null,
  allowMetadataOnly: boolean,
): Response {
  if (outcome === null) return jsonAnswer(encodeTryAgain(requestId, queue.state, queue.reason))
  if (!outcome.ok) return jsonAnswer(encodeFailedFuture(outcome.message, outcome.category))
  const size = payloadBytes(outcome.value)
  if (allowMetadataOnly && size > ANNOUNCE_BYTES)
    return jsonAnswer({ status: 'complete_metadata', response_payload_size: size })
  return resultAnswer(outcome.value, namesProtobuf(accepts))
}

function resultAnswer(result: OperationResult, protobuf: boolean): Response {
  switch (result.kind) {
    case 'json':
      return jsonAnswer(result.body)
    case 'sample':
      return protobuf
        ? bytesAnswer(encodeSampleResultProto(result.result), PROTOBUF_TYPE)
        : jsonAnswer(encodeSampleResultJson(result.result))
    case 'forwardBackward':
      return protobuf
        ? bytesAnswer(encodeForwardBackwardOutputProto(result.output), PROTOBUF_TYPE)
        : jsonAnswer(encodeForwardBackwardOutputJson(result.output))
  }
}

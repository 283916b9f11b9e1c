/** Hands operations to the server and brings back the id under which their results can be asked for. */
import { err, ok } from '../base/result.ts'
import { sleep } from './transport/abort.ts'
import { part } from './part.ts'
import { AwakeClock } from './transport/awake.ts'
import { backoffMs } from './transport/retry.ts'
import { PROTOBUF_TYPE } from './wire/contentTypes.ts'
import { encodeForwardBackwardProto } from './wire/protoForwardBackward.ts'
import { futureHandle } from './wire/responses.ts'
import type { Result } from '../base/result.ts'
import type { Call } from './transport/connection.ts'
import type { Failure } from './failure.ts'
import type { ServiceContext } from './session/serviceContext.ts'
import type { ForwardBackwardCall } from './wire/forwardBackward.ts'
import type { FutureHandle } from './wire/responses.ts'

export type Submission = {
  /** Last part of the path, as `optim_step`. */
  readonly operation: string
  readonly body: Readonly<Record<string, unknown>>
  readonly signal: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  /** What is gone when the server answers that it does not know it. */
  readonly gone?: Call['gone']
  readonly handOver?: Call['handOver']
  /** Told what else the handle says, besides the id. */
  readonly onHandle?: (handle: FutureHandle) => void
}

export async function submitJson(context: ServiceContext, submission: Submission): Promise<Result<string, Failure>> {
  const { operation, body, onHandle, ...rest } = submission
  const call: Call = { ...rest, request: `POST ${operation}`, method: 'POST', path: operation, json: body }
  return handleOf(context, call, onHandle)
}

/** How often a number that the server says it has seen is sent again, before its first use is taken for lost. */
const CONFLICTS = 3

/**
 * Submits under a sequence number, so often as it takes, and runs it at most once. A server that remembers numbers answers
 * a repeat with the id of the first attempt. One that refuses the repeat (409, some 400) took the first attempt, whose
 * answer was lost: its result can never be asked for, so the failure is `expired`, and the way on is the last saved state.
 * A number refused at the first attempt was used by somebody else: `conflict`. A refusal in the words of a proxy says
 * nothing of the number: it is trouble that passes, like any other of the server.
 */
export async function submitNumbered(
  context: ServiceContext,
  signal: AbortSignal,
  send: (handOver: readonly number[]) => Promise<Result<string, Failure>>,
  { patient = true } = {},
): Promise<Result<string, Failure>> {
  const { retry } = context.connection.tuning
  const clock = new AwakeClock()
  let unsure = false
  for (let conflicts = 0, pages = 0; ;) {
    const sent = await send([409])
    if (sent.ok) return sent
    const { error } = sent
    const page = error.status === 409 && error.kind === 'unavailable'
    unsure ||= page || (error.attempts ?? 1) > 1
    if (page) {
      if (retry.enabled === false || clock.elapsedMs > retry.windowMs) return err({ ...error, attempts: pages + 1 })
      if (!(await sleep(backoffMs(pages++, retry), signal))) return sent
      continue
    }
    if (!isDuplicate(error, unsure)) return sent
    if (conflicts >= CONFLICTS || !(unsure || patient)) return unsure ? err(answerLost(error)) : sent
    if (!(await sleep(backoffMs(conflicts++, retry), signal))) return sent
  }
}

function isDuplicate(failure: Failure, unsure: boolean): boolean {
  if (failure.kind === 'conflict') return true
  return unsure && failure.status === 400 && /duplicate|already|seq_?id/i.test(failure.serverSays ?? '')
}

function answerLost(failure: Failure): Failure {
  const request = failure.request ?? 'the operation'
  const message = `${request} was taken by the server, but its answer was lost and cannot be asked for any more`
  return { ...failure, kind: 'expired', what: 'result', message }
}

/**
 * Submits a forward-backward call in the format that the server takes. While that is not known, protobuf is tried first
 * and JSON when the body is refused; both attempts carry the same sequence number, and neither a refused body nor a
 * repeated number runs anything, so a step cannot run twice by the choice.
 */
export async function submitForwardBackward(
  context: ServiceContext,
  call: ForwardBackwardCall,
  bytes: number,
  signal: AbortSignal,
  handOver: Call['handOver'] = [],
): Promise<Result<string, Failure>> {
  const { bodies } = context
  let attempts = 0
  const counted = async (sending: Promise<Result<string, Failure>>): Promise<Result<string, Failure>> => {
    const sent = await sending
    if (sent.ok) return sent
    // A refused body was read and is forgotten; anything else may have been taken.
    attempts += mayBeBodyRefusal(sent.error) && sent.error.status !== 500 ? 0 : (sent.error.attempts ?? 1)
    return err({ ...sent.error, attempts: Math.max(attempts, 1) })
  }
  const json = (): Promise<Result<string, Failure>> => counted(sendJson(context, call, signal, handOver))
  const protobuf = (patience: Call['patience']): Promise<Result<string, Failure>> =>
    counted(sendProtobuf(context, call, bytes, signal, handOver, patience))

  if (bodies.settled === 'json') {
    const sent = await json()
    if (sent.ok || !bodies.mayChange || sent.error.status !== 415) return sent
    return settle(context, 'protobuf', await protobuf('standard'))
  }
  if (bodies.settled === 'protobuf') return protobuf('standard')

  const first = await protobuf('once')
  if (first.ok) return settle(context, 'protobuf', first)
  if (!mayBeBodyRefusal(first.error)) return settle(context, 'protobuf', await protobuf('standard'))
  const second = await json()
  if (second.ok) return settle(context, 'json', second)
  // A server that wants protobuf says so by 415; then its first words were about the call, or it was in trouble.
  if (second.error.status !== 415 && second.error.kind !== 'unsupported') return second
  return first.error.status === 500 ? settle(context, 'protobuf', await protobuf('standard')) : first
}

/** Servers that know JSON only refuse the media type, fail to parse the body, or (some frameworks) trip over quoting it. */
function mayBeBodyRefusal(failure: Failure): boolean {
  return [400, 415, 422, 500].includes(failure.status ?? 0)
}

function settle(
  { bodies }: ServiceContext,
  format: 'json' | 'protobuf',
  sent: Result<string, Failure>,
): Result<string, Failure> {
  if (sent.ok) bodies.settled = format
  return sent
}

/** In JSON forward-only has a route of its own. */
async function sendJson(
  context: ServiceContext,
  call: ForwardBackwardCall,
  signal: AbortSignal,
  handOver: Call['handOver'] = [],
): Promise<Result<string, Failure>> {
  const operation = call.forwardOnly ? 'forward' : 'forward_backward'
  const { encodeForwardBackwardJson } = await part(import('./wire/clientJson.ts'))
  return submitJson(context, { operation, body: encodeForwardBackwardJson(call), signal, gone: 'model', handOver })
}

async function sendProtobuf(
  context: ServiceContext,
  call: ForwardBackwardCall,
  bytes: number,
  signal: AbortSignal,
  handOver: Call['handOver'] = [],
  patience?: Call['patience'],
): Promise<Result<string, Failure>> {
  if (call.data.some(({ modelInput }) => modelInput.chunks.some((chunk) => chunk.type === 'image_asset_pointer'))) {
    const message = 'an image asset pointer cannot be used in training: send the image itself'
    return err({ kind: 'rejected', message, request: 'POST forward_backward' })
  }
  return handleOf(context, {
    request: 'POST forward_backward',
    method: 'POST',
    path: 'forward_backward',
    bytes: encodeForwardBackwardProto(call, bytes + 4096),
    contentType: PROTOBUF_TYPE,
    signal,
    gone: 'model',
    handOver,
    ...(patience === undefined ? {} : { patience }),
  })
}

async function handleOf(
  context: ServiceContext,
  call: Call,
  onHandle?: Submission['onHandle'],
): Promise<Result<string, Failure>> {
  const handle = await context.connection.requestJson(call, futureHandle)
  if (handle.ok) onHandle?.(handle.value)
  return handle.ok ? ok(handle.value.request_id) : handle
}

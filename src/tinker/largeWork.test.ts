/** Work that is large: how much of it is under way at once, in requests, bytes and memory, over real HTTP. */
import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf } from './testing/fixtures.ts'
import { forEachFuture } from './combine.ts'
import { JSON_TYPE, PROTOBUF_TYPE } from './wire/contentTypes.ts'
import { decodeForwardBackwardProto } from './wire/protoForwardBackward.ts'
import { encodeForwardBackwardOutputProto } from './wire/protoForwardBackwardOutput.ts'
import { encodeSampleResultProto } from './wire/protoSample.ts'
import { modelInputFromTokens, modelInputTokens } from './wire/modelInput.ts'
import { float32Tensor, int64Tensor } from './wire/tensorData.ts'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Datum } from './wire/datum.ts'

/** `slowMs`: time between headers and body. */
type Reply = { readonly type?: string; readonly body: Uint8Array | string; readonly slowMs?: number }
type Route = (body: Buffer, request: IncomingMessage) => Reply | Promise<Reply>

/** Keeps nothing of what it is sent, and counts what is unanswered by route. */
class Counter {
  now = 0
  bytes = 0
  mostAtOnce = 0
  mostBytes = 0
  total = 0

  begin(bytes: number): void {
    this.total++
    this.now++
    this.bytes += bytes
    this.mostAtOnce = Math.max(this.mostAtOnce, this.now)
    this.mostBytes = Math.max(this.mostBytes, this.bytes)
  }

  end(bytes: number): void {
    this.now--
    this.bytes -= bytes
  }
}

async function serve(
  flags: Record<string, unknown>,
  routes: Record<string, Route>,
): Promise<{ url: string; counters: Map<string, Counter> }> {
  const counters = new Map<string, Counter>()
  let models = 0
  const own: Record<string, Route> = {
    'client/config': () => ({ body: JSON.stringify(flags) }),
    create_session: () => ({ body: '{"session_id":"s"}' }),
    create_model: () => ({ body: `{"request_id":"model-${++models}"}` }),
    create_sampling_session: () => ({ body: '{"sampling_session_id":"s:sample:0"}' }),
    ...routes,
  }
  const server = createServer((request, response) => {
    const route = request.url!.slice('/api/v1/'.length)
    const counter = counters.get(route) ?? new Counter()
    counters.set(route, counter)
    const announced = Number(request.headers['content-length'] ?? 0)
    counter.begin(announced)
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const answer = async (): Promise<void> => {
        const reply: Reply = (await own[route]?.(Buffer.concat(parts), request)) ?? { body: '{}' }
        const { type = JSON_TYPE, body, slowMs = 0 } = reply
        counter.end(announced)
        response.writeHead(200, { 'content-type': type })
        if (slowMs > 0) {
          response.flushHeaders()
          await pause(slowMs)
        }
        response.end(body)
      }
      void answer()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, counters }
}

const idOf = (body: Buffer): string => (JSON.parse(body.toString()) as { request_id: string }).request_id
const model: Reply = { body: '{"model_id":"m"}' }
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Highest use of memory while the work runs, above that before it, in bytes: objects, buffers and all. */
async function peakOf(work: () => Promise<unknown>): Promise<number> {
  const inUse = (): number => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = inUse()
  let peak = before
  const timer = setInterval(() => (peak = Math.max(peak, inUse())), 5)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return peak - before
}

const PROMPT = 2000
const ANSWER = 2000

test('a thousand samples at once: submissions and transfers are bounded in number and bytes', async () => {
  const tokens = new Int32Array(ANSWER).fill(7)
  const result = encodeSampleResultProto({
    sequences: [{ tokens, logprobs: new Float32Array(ANSWER).fill(-1), stopReason: 'length' }],
    promptLogprobs: null,
    topkPromptLogprobs: null,
    promptCacheHitTokens: 0,
  })
  const numbers = new Set<number>()
  let transfers = 0
  let mostTransfers = 0
  let issued = 0
  const { url, counters } = await serve(
    { sample_dispatch_bytes_semaphore_size: 2_000_000, inflight_response_bytes_semaphore_size: 1_000_000 },
    {
      asample: async (body) => {
        numbers.add((JSON.parse(body.toString()) as { seq_id: number }).seq_id)
        await pause(1)
        return { body: `{"request_id":"${++issued}"}` }
      },
      // Announced as 100 kB each, so that ten fit the budget.
      retrieve_future: async (body) => {
        const { allow_metadata_only: first } = JSON.parse(body.toString()) as { allow_metadata_only: boolean }
        if (first) return { body: '{"status":"complete_metadata","response_payload_size":100000}' }
        mostTransfers = Math.max(mostTransfers, ++transfers)
        await pause(1)
        transfers--
        return { type: PROTOBUF_TYPE, body: result }
      },
    },
  )
  const sampler = await clientOf({ url }).createSamplingClient({ baseModel: 'tiny' })
  const prompt = new Int32Array(PROMPT).fill(3)
  let received = 0
  const peak = await peakOf(async () => {
    const futures = Array.from({ length: 1000 }, () => sampler.sample({ prompt, params: { maxTokens: ANSWER } }))
    await Promise.all(
      futures.map(async (future) => {
        const { sequences } = await future.result()
        received += sequences[0]!.tokens.length
      }),
    )
  })
  expect(received).toBe(1000 * ANSWER)
  expect(numbers.size).toBe(1000)
  const submissions = counters.get('asample')!
  expect(submissions.total).toBe(1000)
  // 20 kB estimated each: a hundred fill the budget, and the one that overdraws it.
  expect(submissions.mostAtOnce).toBeLessThanOrEqual(101)
  expect(mostTransfers).toBeLessThanOrEqual(11)
  // All bodies and results at once would be 32 MB besides the futures; garbage of the server included.
  expect(peak).toBeLessThan(250_000_000)
}, 240_000)

test('never more than 400 submissions are unanswered, however small', async () => {
  let issued = 0
  let open!: () => void
  const full = new Promise<void>((resolve) => (open = resolve))
  const { url, counters } = await serve(
    {},
    {
      // Nobody is answered before the client has sent all that it will.
      asample: async () => {
        if (counters.get('asample')!.now >= 400) void pause(300).then(open)
        await full
        return { body: `{"request_id":"${++issued}"}` }
      },
      retrieve_future: () => ({ body: '{"sequences":[{"tokens":[1],"stop_reason":"stop"}]}' }),
    },
  )
  const sampler = await clientOf({ url }).createSamplingClient({ baseModel: 'tiny' })
  const futures = Array.from({ length: 600 }, () => sampler.sample({ prompt: Int32Array.of(1) }))
  await Promise.all(futures.map((future) => future.result()))
  expect(counters.get('asample')!.mostAtOnce).toBe(400)
}, 240_000)

test('samples taken a few at a time are never all under way', async () => {
  let issued = 0
  const { url, counters } = await serve(
    {},
    {
      asample: () => ({ body: `{"request_id":"${++issued}"}` }),
      retrieve_future: () => ({ body: '{"sequences":[{"tokens":[1],"stop_reason":"stop"}]}' }),
    },
  )
  const sampler = await clientOf({ url }).createSamplingClient({ baseModel: 'tiny' })
  function* prompts(): Generator<Int32Array> {
    for (let i = 0; i < 300; i++) yield Int32Array.of(i)
  }
  let taken = 0
  await forEachFuture(
    prompts(),
    (prompt) => sampler.sample({ prompt }),
    () => void taken++,
    { concurrency: 16 },
  )
  expect(taken).toBe(300)
  expect(counters.get('asample')!.mostAtOnce + counters.get('retrieve_future')!.mostAtOnce).toBeLessThanOrEqual(32)
}, 240_000)

test('where connections are scarce, a result that takes long to arrive is waited for and not asked for again', async () => {
  let issued = 0
  const { url, counters } = await serve(
    {},
    {
      asample: () => ({ body: `{"request_id":"${++issued}"}` }),
      retrieve_future: () => ({ body: '{"sequences":[{"tokens":[1],"stop_reason":"stop"}]}', slowMs: 500 }),
    },
  )
  const config = { maxConcurrentPolls: 1, tuning: { pollSliceMs: 100 } }
  const sampler = await clientOf({ url }, config).createSamplingClient({ baseModel: 'tiny' })
  const futures = [0, 1, 2].map(() => sampler.sample({ prompt: Int32Array.of(1) }))
  await Promise.all(futures.map((future) => future.result()))
  // A poll may be given up before its answer begins, on a busy machine; each answer that begins is taken.
  expect(counters.get('retrieve_future')!.total).toBeLessThan(10)
}, 60_000)

/** 16 bytes a token as the client estimates them. */
function longDatum(length: number, seed: number): Datum {
  const tokens = Int32Array.from({ length }, (_, i) => (i * 7 + seed) % 150_000)
  return {
    modelInput: modelInputFromTokens(tokens),
    lossFnInputs: {
      target_tokens: int64Tensor(tokens),
      weights: float32Tensor(new Float32Array(length).fill(0.5)),
    },
  }
}

test('60 MB of data: no more than 50 MB and one chunk are unanswered at once', async () => {
  let issued = 0
  let outstanding = 0
  let most = 0
  const { url, counters } = await serve(
    {},
    {
      forward_backward: async () => {
        outstanding++
        most = Math.max(most, outstanding)
        await pause(150)
        outstanding--
        return { body: `{"request_id":"${++issued}"}` }
      },
      retrieve_future: (body) => {
        if (idOf(body).startsWith('model')) return model
        return {
          type: PROTOBUF_TYPE,
          body: encodeForwardBackwardOutputProto({ lossFnOutputType: 'ArrayRecord', lossFnOutputs: [{}], metrics: {} }),
        }
      },
    },
  )
  const training = await clientOf({ url }).createLoraTrainingClient({ baseModel: 'tiny' })
  const data = Array.from({ length: 13 }, (_, i) => longDatum(290_000, i))
  await training.forwardBackward(data, 'cross_entropy').result()
  expect(issued).toBe(13)
  // 60.3 MB in all, as they are estimated. Eleven of 4.64 MB overdraw 50 MB; a twelfth has to wait.
  expect(most).toBeLessThanOrEqual(11)
  // However busy the machine is, some are side by side.
  expect(most).toBeGreaterThan(1)
  expect(counters.get('forward_backward')!.total).toBe(13)
}, 240_000)

test('one body of 30 MB and a result as large arrive as they were, in typed arrays, held but a few times over', async () => {
  const LENGTH = 3_200_000
  const logprobs = Float32Array.from({ length: LENGTH }, (_, i) => -(i % 1000) / 8)
  let bytes = 0
  let checked: unknown
  const { url } = await serve(
    { fwdbwd_max_chunk_bytes_count: 100_000_000, proto_write_fwdbwd: true },
    {
      forward_backward: (body) => {
        bytes = body.length
        const call = decodeForwardBackwardProto(new Uint8Array(body))
        if (call.ok) {
          const [datum] = call.value.data
          const tokens = modelInputTokens(datum!.modelInput)
          checked = [tokens.length, tokens[0], tokens[LENGTH - 1], datum!.lossFnInputs['target_tokens']!.data[12_345]]
        }
        return { body: '{"request_id":"f"}' }
      },
      retrieve_future: (body) => {
        if (idOf(body).startsWith('model')) return model
        const output = {
          lossFnOutputType: 'ArrayRecord',
          lossFnOutputs: [{ logprobs: float32Tensor(logprobs), elementwise_loss: float32Tensor(logprobs) }],
          metrics: {},
        }
        return { type: PROTOBUF_TYPE, body: encodeForwardBackwardOutputProto(output) }
      },
    },
  )
  const training = await clientOf({ url }).createLoraTrainingClient({ baseModel: 'tiny' })
  const datum = longDatum(LENGTH, 5)
  let output: Awaited<ReturnType<ReturnType<typeof training.forwardBackward>['result']>> | undefined
  const peak = await peakOf(async () => (output = await training.forwardBackward([datum], 'cross_entropy').result()))
  expect(bytes).toBeGreaterThan(30_000_000)
  const at = (i: number): number => (i * 7 + 5) % 150_000
  expect(checked).toEqual([LENGTH, at(0), at(LENGTH - 1), at(12_345)])
  const received = output!.lossFnOutputs[0]!['logprobs']!
  expect(received.data).toBeInstanceOf(Float32Array)
  expect(received.data.length).toBe(LENGTH)
  expect(received.data[999_999]).toBe(logprobs[999_999])
  // Request and result together are 60 MB; both ends of the wire are in this process.
  expect(peak).toBeLessThan(600_000_000)
}, 240_000)

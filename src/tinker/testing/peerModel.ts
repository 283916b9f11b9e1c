/** What the peer computes and remembers: operations by sequence number, steps counted, results held until asked for. */
import { encodeTryAgain } from '../wire/futureAnswer.ts'
import { encodeForwardBackwardOutputJson } from '../wire/forwardBackward.ts'
import { chunkLength, modelInputTokens } from '../wire/modelInput.ts'
import { encodeForwardBackwardOutputProto } from '../wire/protoForwardBackwardOutput.ts'
import { encodeSampleResultProto } from '../wire/protoSample.ts'
import { decodeSampleJson, encodeSampleResultJson } from '../wire/sample.ts'
import { stringifyJson } from '../wire/json.ts'
import { float32Tensor } from '../wire/tensorData.ts'
import type { ForwardBackwardCall, ForwardBackwardOutput } from '../wire/forwardBackward.ts'
import type { ModelInput } from '../wire/modelInput.ts'
import type { SampleResult } from '../wire/sample.ts'

export type PeerOutcome = { readonly status?: number; readonly json: unknown; readonly proto?: () => Uint8Array }

type Body = Record<string, unknown>
type Stored = { readonly outcome: PeerOutcome; readonly id: string }

export class PeerModel {
  /** Operations that ran, as `forward_backward 1`: what exactly-once is judged by. */
  readonly ran: string[] = []
  /** Set to keep results back: a poll then waits for it, or tries again after its hold. */
  gate: Promise<void> | undefined
  /** Results lost on the server: asked for, they are answered by this status. */
  readonly lost = new Map<string, number>()
  /** Overrides of results by operation, for instance a failed one. */
  readonly results = new Map<string, unknown>()
  readonly #stored = new Map<string, Stored>()
  readonly #bySequence = new Map<string, { payload: string; id: string }>()
  #ids = 0
  #sessions = 0

  forwardBackward(call: ForwardBackwardCall): PeerOutcome {
    const name = call.forwardOnly ? 'forward' : 'forward_backward'
    const { modelId, seqId, ...payload } = call
    return this.#once(name, modelId, seqId, payload, () => {
      const output = outputOf(call)
      return {
        json: this.results.get(name) ?? encodeForwardBackwardOutputJson(output),
        ...(this.results.has(name) ? {} : { proto: () => encodeForwardBackwardOutputProto(output) }),
      }
    })
  }

  async retrieve(id: string, holdMs: number): Promise<PeerOutcome> {
    const lost = this.lost.get(id)
    if (lost !== undefined) return { status: lost, json: { detail: `the result ${id} is gone` } }
    const stored = this.#stored.get(id)
    if (stored === undefined) return { status: 404, json: { detail: `no future ${id}` } }
    if (this.gate !== undefined) {
      let timer: NodeJS.Timeout | undefined
      const held = new Promise<'held'>((resolve) => (timer = setTimeout(() => resolve('held'), holdMs)))
      const won = await Promise.race([this.gate, held])
      clearTimeout(timer)
      if (won === 'held') return { json: encodeTryAgain(id) }
    }
    return stored.outcome
  }

  answer(method: string, route: string, body: Body): PeerOutcome {
    switch (route) {
      case 'create_session':
        return { json: { session_id: `s${++this.#sessions}` } }
      case 'session_heartbeat':
      case 'telemetry':
        return { json: {} }
      case 'get_server_capabilities':
        return { json: { supported_models: [{ model_name: 'tiny', max_context_length: 512 }, { model_name: null }] } }
      case 'create_model':
        return this.#later('create_model', {
          json: { model_id: `${body['session_id']}:train:${body['model_seq_id']}`, type: 'create_model' },
        })
      case 'get_info':
        return {
          json: {
            model_id: body['model_id'],
            model_data: { model_name: 'tiny', tokenizer_id: 'org/tiny:v2' },
            lora_rank: 8,
          },
        }
      case 'weights_info':
        return { json: { base_model: 'tiny', is_lora: true, lora_rank: 8, train_attn: false, train_mlp: null } }
      case 'create_sampling_session':
        return { json: { sampling_session_id: `${body['session_id']}:sample:${body['sampling_session_seq_id']}` } }
      case 'asample':
        return this.#sample(body)
      case 'load_weights':
        return this.#ordered('load_weights', body, { path: body['path'] })
      case 'optim_step':
        return this.#ordered('optim_step', body, { metrics: { grad_norm: 0.5, bad: null } })
      case 'save_weights':
        return this.#ordered('save_weights', body, { path: `tinker://${body['model_id']}/weights/${body['path']}` })
      case 'save_weights_for_sampler':
        return this.#ordered(
          'save_weights_for_sampler',
          body,
          body['path'] === undefined
            ? { sampling_session_id: `ephemeral-${body['sampling_session_seq_id']}` }
            : { path: `tinker://${body['model_id']}/sampler_weights/${body['path']}` },
        )
      default:
        return restAnswer(method, route)
    }
  }

  #ordered(name: string, body: Body, result: unknown): PeerOutcome {
    const { model_id: modelId, seq_id: seqId, ...payload } = body
    const json = this.results.get(name) ?? result
    return this.#once(name, String(modelId), seqId as number | undefined, payload, () => ({ json }))
  }

  /** Same number and payload: the first answer again. Same number, other payload: 409. */
  #once(
    name: string,
    modelId: string,
    seqId: number | undefined,
    payload: unknown,
    run: () => PeerOutcome,
  ): PeerOutcome {
    const key = `${modelId} ${seqId}`
    const text = stringifyJson(payload)
    const known = seqId === undefined ? undefined : this.#bySequence.get(key)
    if (known !== undefined)
      return known.payload === text
        ? { json: { request_id: known.id } }
        : { status: 409, json: { detail: `sequence number ${seqId} was used for something else` } }
    this.ran.push(`${name} ${seqId}`)
    const handle = this.#later(name, run())
    this.#bySequence.set(key, { payload: text, id: (handle.json as { request_id: string }).request_id })
    return handle
  }

  #later(name: string, outcome: PeerOutcome): PeerOutcome {
    const id = `${name}-${++this.#ids}`
    this.#stored.set(id, { id, outcome })
    return { json: { request_id: id } }
  }

  #sample(body: Body): PeerOutcome {
    const call = decodeSampleJson(body)
    if (!call.ok) return { status: 422, json: { detail: call.error } }
    this.ran.push(`asample ${call.value.seqId}`)
    const prompt = modelInputTokens(call.value.prompt)
    const length = call.value.params.maxTokens ?? 4
    const result: SampleResult = {
      sequences: Array.from({ length: call.value.numSamples }, (_, i) => ({
        tokens: Int32Array.from({ length }, (_t, t) => (prompt.at(-1) ?? 0) + i + t + 1),
        logprobs: new Float32Array(length).fill(-0.25),
        stopReason: 'length',
      })),
      promptLogprobs: call.value.promptLogprobs ? Float32Array.from(prompt, (_, i) => (i === 0 ? NaN : -i / 4)) : null,
      topkPromptLogprobs: null,
      promptCacheHitTokens: 0,
    }
    if (this.results.has('asample')) return this.#later('asample', { json: this.results.get('asample') })
    return this.#later('asample', {
      json: encodeSampleResultJson(result),
      proto: () => encodeSampleResultProto(result),
    })
  }
}

/** A picture is so many zeros as it is said to take tokens. */
function tokensOf({ chunks }: ModelInput): number[] {
  return chunks.flatMap((chunk) =>
    chunk.type === 'encoded_text' ? [...chunk.tokens] : Array.from({ length: chunkLength(chunk) }, () => 0),
  )
}

/** Log-probability of position i is −i/8, so that a test can tell datums and their order apart. */
function outputOf(call: ForwardBackwardCall): ForwardBackwardOutput {
  return {
    lossFnOutputType: 'ArrayRecord',
    lossFnOutputs: call.data.map(({ modelInput }) => ({
      logprobs: float32Tensor(Float32Array.from(tokensOf(modelInput), (token) => -token / 8)),
    })),
    metrics: { 'loss:sum': call.data.length, 'chunk:unique': call.seqId ?? 0, 'loss:avg': 2 },
  }
}

function restAnswer(method: string, route: string): PeerOutcome {
  const checkpoint = {
    checkpoint_id: 'weights/1',
    checkpoint_type: 'training',
    time: '2026-01-01T00:00:00Z',
    tinker_path: 'tinker://run:1/weights/1',
    size_bytes: 10,
    public: false,
    expires_at: null,
  }
  const run = {
    training_run_id: 'run:1',
    base_model: 'tiny',
    model_owner: 'me',
    is_lora: true,
    lora_rank: 8,
    last_request_time: '2026-01-01T00:00:00Z',
    corrupted: false,
    last_checkpoint: checkpoint,
    user_metadata: { a: 'b' },
  }
  const cursor = { offset: 0, limit: 20, total_count: 7 }
  if (method !== 'GET' && /^training_runs\/run:1\/checkpoints\/weights\/1(\/(publish|ttl))?$/.test(route))
    return { json: undefined, status: method === 'PUT' ? 200 : 204 }
  switch (route) {
    case 'training_runs':
      return { json: { training_runs: [run], cursor } }
    case 'training_runs/run:1':
      return { json: run }
    case 'training_runs/run:1/checkpoints':
    case 'checkpoints':
      return { json: { checkpoints: [checkpoint], cursor } }
    case 'training_runs/run:1/checkpoints/weights/1/archive':
      return { json: { url: 'https://files/1.tar', expires: '2026-01-02T00:00:00Z' } }
    case 'sessions':
      return { json: { sessions: ['s1'] } }
    case 'sessions/s1':
      return { json: { training_run_ids: ['run:1'], sampler_ids: [] } }
    case 'samplers/s1:sample:0':
      return { json: { sampler_id: 's1:sample:0', base_model: 'tiny' } }
    default:
      return { status: 404, json: { detail: route.startsWith('training_runs/') ? `no ${route}` : 'Not Found' } }
  }
}

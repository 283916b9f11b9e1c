/** Samples from one set of weights; any number of requests at a time, held back as the server asks. */
import { err, ok } from '../base/result.ts'
import { startFuture } from './future.ts'
import { part } from './part.ts'
import { pollResult } from './poll.ts'
import { readers } from './readers.ts'
import { submitJson, submitNumbered } from './submit.ts'
import { promptBytes } from './wire/chunking.ts'
import { modelInputFromTokens } from './wire/modelInput.ts'
import { encodeSampleJson } from './wire/sampleCall.ts'
import type { Result } from '../base/result.ts'
import type { Failure } from './failure.ts'
import type { Completions } from './sampling/completions.ts'
import type { ApiFuture, CallOptions, Reporter, Work } from './future.ts'
import type { ServiceContext } from './session/serviceContext.ts'
import type { ModelInput } from './wire/modelInput.ts'
import type { FutureHandle } from './wire/responses.ts'
import type { SampleCall, SampleResult, SamplingParams } from './wire/sample.ts'

export type SampleRequest = {
  /** Token ids, or chunks where the prompt holds images. */
  readonly prompt: ModelInput | Int32Array
  /** Sequences to draw from the one prompt; default 1. */
  readonly numSamples?: number
  readonly params?: SamplingParams
  /** Also the log-probability of every prompt token. */
  readonly includePromptLogprobs?: boolean
  /** Also the k most likely tokens at every prompt position; default 0. */
  readonly topkPromptLogprobs?: number
} & Partial<Pick<SampleCall, NewerMembers>>

/** What servers since SDK 0.38 can be asked for besides. */
type NewerMembers =
  | 'topkSampleLogprobs'
  | 'targetPromptLogprobs'
  | 'promptAltTokensK'
  | 'promptLogprobsLastN'
  | 'recordStabilityInfo'

export type SamplerInfo = {
  readonly samplerId: string
  readonly baseModel: string
  readonly modelPath: string | undefined
}

/** Names a sampling session for another thread or process. Plain data, without any credential. */
export type SamplerHandle = { readonly samplingSessionId: string }

/** A result that the server lost is asked for anew, as a new request, this often. */
const RESUBMISSIONS = 5
/** Request numbers of one copy of a client; the place of the copy is the number divided by this. */
const NUMBERS_OF_A_COPY = 1_000_000_000

export class SamplingClient {
  readonly samplingSessionId: string
  readonly #context: ServiceContext
  /** Place among the copies of the client, 0 for the original; a promise while the server is being asked. */
  readonly #place: Promise<Result<number, Failure>>
  #completions: Completions | undefined
  #requests = 0

  /** Made by the service client or a training client. A copy draws its request numbers from a range of its own. */
  constructor(context: ServiceContext, samplingSessionId: string, as: 'original' | 'copy' = 'original') {
    this.#context = context
    this.samplingSessionId = samplingSessionId
    this.#place =
      as === 'original'
        ? Promise.resolve(ok(0))
        : part(import('./sampling/copies.ts')).then(({ placeOfCopy }) => placeOfCopy(context, samplingSessionId))
  }

  sample(request: SampleRequest, options: CallOptions = {}): ApiFuture<SampleResult> {
    const { prompt, params = {}, numSamples = 1, includePromptLogprobs = false, ...rest } = request
    const body = {
      topkPromptLogprobs: 0,
      ...rest,
      prompt: prompt instanceof Int32Array ? modelInputFromTokens(prompt) : prompt,
      numSamples,
      params,
      promptLogprobs: includePromptLogprobs,
    }
    return this.#start((signal, report) => this.#sample(body, signal, report), options)
  }

  /**
   * Log-probability of every token of the prompt given those before it, natural logarithm, float32; NaN where the
   * server computed none, at least for the first.
   */
  computeLogprobs(prompt: ModelInput | Int32Array, options: CallOptions = {}): ApiFuture<Float32Array> {
    const input = prompt instanceof Int32Array ? modelInputFromTokens(prompt) : prompt
    const body = { prompt: input, numSamples: 1, params: { maxTokens: 1 }, promptLogprobs: true, topkPromptLogprobs: 0 }
    return this.#start(async (signal, report) => {
      const outcome = await this.#sample(body, signal, report)
      if (!outcome.ok) return outcome
      if (outcome.value.promptLogprobs !== null) return ok(outcome.value.promptLogprobs)
      const message = 'the server gave no logprobs of the prompt'
      return err({ kind: 'unsupported', message, request: 'POST asample' })
    }, options)
  }

  /** Which model and weights these are. Rejects with a {@link TinkerError}. */
  async getInfo(signal?: AbortSignal): Promise<SamplerInfo> {
    const { samplerInfo } = await part(import('./info.ts'))
    return samplerInfo(this.#context.connection, this.samplingSessionId, signal)
  }

  async getBaseModel(signal?: AbortSignal): Promise<string> {
    return (await this.getInfo(signal)).baseModel
  }

  /** For another thread: give it to a service client there. This client must stay open, it keeps the session alive. */
  toHandle(): SamplerHandle {
    return { samplingSessionId: this.samplingSessionId }
  }

  /** Watched together with all other samples of the client: when none of them finishes any more, all fail. */
  #start<T>(work: Work<T>, options: CallOptions): ApiFuture<T> {
    const { connection, progress } = this.#context
    const future = startFuture<T>(
      async (signal, report) => {
        const watched = (await progress)?.enter(() => future.cancel())
        let finished = false
        try {
          const outcome = await work(signal, report)
          finished = outcome.ok || outcome.error.kind !== 'aborted'
          const stuck = finished ? undefined : watched?.failure
          return stuck === undefined ? outcome : err(stuck)
        } finally {
          watched?.leave(finished)
        }
      },
      connection.signal,
      options,
    )
    return future
  }

  async #sample(body: SampleBody, signal: AbortSignal, report: Reporter): Promise<Result<SampleResult, Failure>> {
    const { dispatch, profile } = this.#context
    // Samples that share one poll hold no connection each, so their number needs no bound.
    const bounded = !profile.flags.sample_use_retrieve_futures
    if (bounded && !(await dispatch.inFlight.acquire(signal))) return err(this.#cancelled())
    try {
      const resubmissions = profile.flags.sample_no_retries ? 0 : RESUBMISSIONS
      for (let tries = 0; ; tries++) {
        const outcome = await this.#once(body, signal, report)
        if (outcome.ok || !isLost(outcome.error) || tries >= resubmissions) return outcome
      }
    } finally {
      if (bounded) dispatch.inFlight.release()
    }
  }

  async #once(body: SampleBody, signal: AbortSignal, report: Reporter): Promise<Result<SampleResult, Failure>> {
    const place = await this.#place
    if (!place.ok) return place
    let ids: readonly string[] | undefined
    const keepIds = (given: FutureHandle): void => void (ids = given.sample_sequence_ids)
    const handle = await this.#submit(body, place.value * NUMBERS_OF_A_COPY + this.#requests++, signal, keepIds)
    if (!handle.ok) return handle
    report.accepted(handle.value)
    const completions = await this.#completionsOf(place.value)
    const reader = readers.sample(body.numSamples)
    const outcome = await pollResult(this.#context, handle.value, reader, signal, report, completions)
    const abandoned = !outcome.ok && outcome.error.kind === 'aborted' && !this.#context.connection.closed
    if (abandoned && this.#context.session.flags?.current.sample_cancel_enabled)
      void cancel(this.#context, handle.value)
    return outcome.ok ? ok(withSequenceIds(outcome.value, ids)) : outcome
  }

  /** A refusal for rate is not a failure: all submissions pause, then the same request goes again under its number. */
  async #submit(
    body: SampleBody,
    seqId: number,
    signal: AbortSignal,
    onHandle: (handle: FutureHandle) => void,
  ): Promise<Result<string, Failure>> {
    const { dispatch } = this.#context
    const bytes = promptBytes(body.prompt)
    const send = (handOver: readonly number[]): Promise<Result<string, Failure>> =>
      submitJson(this.#context, {
        operation: 'asample',
        body: encodeSampleJson({ ...body, samplingSessionId: this.samplingSessionId, seqId }),
        signal,
        gone: 'session',
        headers: { 'X-Tinker-Sampling-Backpressure': '1' },
        handOver: [...handOver, 429],
        onHandle,
      })
    for (;;) {
      const handle = await dispatch.submit(bytes, signal, () => submitNumbered(this.#context, signal, send))
      if (handle === undefined) return err(this.#cancelled())
      if (handle.ok || handle.error.kind !== 'rateLimited') return handle
      dispatch.pause(bytes, handle.error.retryAfterMs)
      this.#context.onQueueState('paused_rate_limit', handle.error.serverSays ?? null, 'asample')
    }
  }

  async #completionsOf(place: number): Promise<Completions | undefined> {
    if (!this.#context.profile.flags.sample_use_retrieve_futures) return undefined
    const { Completions } = await part(import('./sampling/completions.ts'))
    return (this.#completions ??= new Completions(this.#context, this.samplingSessionId, place))
  }

  #cancelled(): Failure {
    const by = this.#context.connection.closed ? 'close' : 'caller'
    return { kind: 'aborted', by, message: 'sampling was cancelled', request: 'POST asample' }
  }
}

type SampleBody = Omit<SampleCall, 'samplingSessionId' | 'seqId'>

/** A server that names sequences does so when it accepts the request; the result holds them in the same order. */
function withSequenceIds(result: SampleResult, ids: readonly string[] | undefined): SampleResult {
  if (ids?.length !== result.sequences.length) return result
  return { ...result, sequences: result.sequences.map((sequence, i) => ({ ...sequence, sequenceId: ids[i]! })) }
}

/** Lost on the server, with the session still there: a sample changes nothing, so it may be drawn again. */
function isLost(failure: Failure): boolean {
  return failure.kind === 'expired' && failure.what === 'result' && (failure.status === 410 || failure.status === 409)
}

/** Best effort: a part that cannot be loaded cancels nothing. */
async function cancel(context: ServiceContext, requestId: string): Promise<void> {
  const cancelling = await import('./sampling/serverCancel.ts').catch(() => undefined)
  await cancelling?.cancelOnServer(context, requestId)
}

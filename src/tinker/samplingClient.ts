/** Samples from one set of weights; any number of requests at a time, held back as the server asks. */
import { err, ok } from '../base/result.ts'
import { TinkerError } from './errors.ts'
import { startFuture } from './future.ts'
import { pollResult } from './poll.ts'
import { readers } from './readers.ts'
import { submitJson } from './submit.ts'
import { pathSegments } from './wire/checkpointPath.ts'
import { promptBytes } from './wire/chunking.ts'
import { modelInputFromTokens } from './wire/modelInput.ts'
import { samplerResponse } from './wire/responses.ts'
import { encodeSampleJson } from './wire/sample.ts'
import type { Result } from '../base/result.ts'
import type { Failure } from './errors.ts'
import type { ApiFuture, Reporter } from './future.ts'
import type { ServiceContext } from './session/serviceContext.ts'
import type { ModelInput } from './wire/modelInput.ts'
import type { SampleResult, SamplingParams } from './wire/sample.ts'

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
}

export type SamplerInfo = {
  readonly samplerId: string
  readonly baseModel: string
  readonly modelPath: string | undefined
}

/** A result that the server lost is asked for anew, as a new request, this often. */
const RESUBMISSIONS = 5

export class SamplingClient {
  readonly samplingSessionId: string
  readonly #context: ServiceContext
  #requests = 0

  /** Made by the service client or a training client. */
  constructor(context: ServiceContext, samplingSessionId: string) {
    this.#context = context
    this.samplingSessionId = samplingSessionId
  }

  sample(request: SampleRequest): ApiFuture<SampleResult> {
    const { prompt, params = {} } = request
    const body = {
      prompt: prompt instanceof Int32Array ? modelInputFromTokens(prompt) : prompt,
      numSamples: request.numSamples ?? 1,
      params,
      promptLogprobs: request.includePromptLogprobs ?? false,
      topkPromptLogprobs: request.topkPromptLogprobs ?? 0,
    }
    return startFuture((signal, report) => this.#sample(body, signal, report), this.#context.connection.signal)
  }

  /**
   * Log-probability of every token of the prompt given those before it, natural logarithm, float32; NaN where the
   * server computed none, at least for the first.
   */
  computeLogprobs(prompt: ModelInput | Int32Array): ApiFuture<Float32Array> {
    const input = prompt instanceof Int32Array ? modelInputFromTokens(prompt) : prompt
    const body = { prompt: input, numSamples: 1, params: { maxTokens: 1 }, promptLogprobs: true, topkPromptLogprobs: 0 }
    return startFuture(async (signal, report) => {
      const outcome = await this.#sample(body, signal, report)
      if (!outcome.ok) return outcome
      if (outcome.value.promptLogprobs !== null) return ok(outcome.value.promptLogprobs)
      return err({ kind: 'unsupported', message: 'the server gave no logprobs of the prompt', request: 'POST asample' })
    }, this.#context.connection.signal)
  }

  /** Which model and weights these are. Rejects with a {@link TinkerError}. */
  async getInfo(signal?: AbortSignal): Promise<SamplerInfo> {
    const path = `samplers/${pathSegments(this.samplingSessionId)}`
    const info = await this.#context.connection.requestJson(
      { request: 'GET samplers', method: 'GET', path, ...(signal === undefined ? {} : { signal }) },
      samplerResponse,
    )
    if (!info.ok) throw new TinkerError(info.error)
    const { sampler_id: samplerId, base_model: baseModel, model_path: modelPath } = info.value
    return { samplerId, baseModel, modelPath }
  }

  async #sample(body: SampleBody, signal: AbortSignal, report: Reporter): Promise<Result<SampleResult, Failure>> {
    const { inFlight } = this.#context.dispatch
    if (!(await inFlight.acquire(signal))) return err(this.#cancelled())
    try {
      for (let resubmissions = 0; ; resubmissions++) {
        const handle = await this.#submit(body, signal)
        if (!handle.ok) return handle
        report.accepted(handle.value)
        const outcome = await pollResult(this.#context, handle.value, readers.sample, signal, report)
        const lost = !outcome.ok && outcome.error.kind === 'expired' && outcome.error.status === 410
        if (!lost || resubmissions >= RESUBMISSIONS) return outcome
      }
    } finally {
      inFlight.release()
    }
  }

  /** A refusal for rate is not a failure: all submissions pause, then the same request goes again under its number. */
  async #submit(body: SampleBody, signal: AbortSignal): Promise<Result<string, Failure>> {
    const { dispatch } = this.#context
    const seqId = this.#requests++
    const bytes = promptBytes(body.prompt)
    for (;;) {
      const handle = await dispatch.submit(bytes, signal, () =>
        submitJson(this.#context, {
          operation: 'asample',
          body: encodeSampleJson({ ...body, samplingSessionId: this.samplingSessionId, seqId }),
          signal,
          gone: 'session',
          headers: { 'X-Tinker-Sampling-Backpressure': '1' },
          handOver: [429],
        }),
      )
      if (handle === undefined) return err(this.#cancelled())
      if (handle.ok || handle.error.kind !== 'rateLimited') return handle
      dispatch.pause(bytes, handle.error.retryAfterMs)
      this.#context.onQueueState('paused_rate_limit', handle.error.serverSays ?? null, 'asample')
    }
  }

  #cancelled(): Failure {
    const by = this.#context.connection.closed ? 'close' : 'caller'
    return { kind: 'aborted', by, message: 'sampling was cancelled', request: 'POST asample' }
  }
}

type SampleBody = Omit<Parameters<typeof encodeSampleJson>[0], 'samplingSessionId' | 'seqId'>

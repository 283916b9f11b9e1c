/** Sampling requests: checked on arrival, queued by sampler, run concurrently so that the engine can batch them. */
import { deriveSeed } from '../../base/rng.ts'
import { streamName } from './completions.ts'
import { begin } from './context.ts'
import { checkTokens, textTokens } from './lossInputs.ts'
import { foldSeed } from './models.ts'
import { demand } from './refusal.ts'
import { checkScores, scorePrompt, scoreSamples } from './scoring.ts'
import { stopEnd, uniqueSpelling } from './stopText.ts'
import type { SampleCall, SampleResult } from '../../tinker/wire/sample.ts'
import type { AdapterId, Engine, SampledSequence, SampleParams } from '../engine/index.ts'
import type { BaseModel } from './baseModels.ts'
import type { ServiceContext } from './context.ts'
import type { Future, OperationResult } from './futures.ts'
import type { Sampler, Samplers } from './samplers.ts'

const MAX_SAMPLES = 1024
const MAX_STOPS = 64
/** A job of more samples counts as this many, so that it never needs the room that other samplers fill. */
const MOST_COST = 32

type Plan = {
  readonly prompt: Int32Array
  readonly params: SampleParams
  /** Stop strings that the engine cannot see token by token; looked for afterwards. */
  readonly laterStops: readonly string[]
}

/** A client that joined a session numbers its requests from its own number times this. */
const CLONE_NUMBERS = 1_000_000_000n

/** @throws Refusal when the request cannot be served as it is. */
export function submitSample(
  context: ServiceContext,
  samplers: Samplers,
  sampler: Sampler,
  call: SampleCall,
  digest: number,
): Future {
  const plan = planOf(call, sampler)
  const key = call.seqId === undefined || sampler.sessionId === null ? null : String(call.seqId)
  const { base, sessionId } = sampler
  const clone = Number(BigInt(call.seqId ?? 0) / CLONE_NUMBERS)
  const stream = sessionId === null ? {} : { stream: streamName(sampler.id, clone) }
  const about = { kind: 'sample', modelId: null, sessionId, ...stream }
  return sampler.submissions.once(key, digest, () =>
    context.futures.run(about, (task) => {
      const job = async (): Promise<OperationResult> => {
        await begin(context, 'sample', task)
        const engine = await base.engine()
        const adapter = await samplers.adapterOf(sampler)
        const work = (id: AdapterId | null): Promise<SampleResult> => sample(engine, id, call, plan, base, task.signal)
        const result = adapter === null ? await work(null) : await context.adapters.use(adapter, work)
        count(context, sampler, plan, call, result)
        return { kind: 'sample', result }
      }
      return context.sampling.add(sampler.id, 0, Math.min(MOST_COST, call.numSamples), job, task.signal)
    }),
  )
}

/** As the service bills: the prompt once in full, for the further samples from the cache. */
function count({ usage }: ServiceContext, sampler: Sampler, plan: Plan, call: SampleCall, result: SampleResult): void {
  const session = sampler.sessionId ?? ''
  const { name } = sampler.base
  const sampled = result.sequences.reduce((sum, sequence) => sum + sequence.tokens.length, 0)
  usage.count('sampling_prefill', session, name, plan.prompt.length)
  usage.count('sampling_prefill_cached', session, name, plan.prompt.length * (call.numSamples - 1))
  usage.count('sampling_sample', session, name, sampled)
}

function planOf(call: SampleCall, sampler: Sampler): Plan {
  const { base } = sampler
  const { params } = call
  const prompt = textTokens(call.prompt, 'prompt')
  demand(prompt.length > 0, 'the prompt is empty')
  checkTokens(prompt, base, 'prompt')
  demand(
    call.numSamples >= 1 && call.numSamples <= MAX_SAMPLES,
    `num_samples must be from 1 to ${MAX_SAMPLES}, not ${call.numSamples}`,
  )
  demand(
    prompt.length <= base.window,
    `the prompt has ${prompt.length} tokens; the context window of ${base.name} is ${base.window}`,
  )
  const maxTokens = params.maxTokens ?? base.window - prompt.length
  demand(maxTokens >= 0, `max_tokens must not be negative: ${maxTokens}`)
  demand(
    prompt.length + maxTokens <= base.window,
    `the prompt's ${prompt.length} tokens and max_tokens ${maxTokens} together exceed the context window of ${base.name}, ${base.window}`,
  )
  const { temperature = 1, topP = 1, topK = -1 } = params
  demand(temperature >= 0 && Number.isFinite(temperature), `temperature must be a number from 0, not ${temperature}`)
  demand(topP > 0 && topP <= 1, `top_p must be above 0 and at most 1, not ${topP}`)
  demand(topK >= -1 && Number.isInteger(topK), `top_k must be −1 (off) or a whole number from 0, not ${topK}`)
  checkScores(call, prompt, base)
  const { stopTokens, stopSequences, laterStops } = stopsOf(params.stop, base)
  const request = call.seqId === undefined ? `#${sampler.unnumbered++}` : String(call.seqId)
  const seed = params.seed === undefined ? deriveSeed(0, sampler.id, request) : foldSeed(params.seed)
  return { prompt, laterStops, params: { maxTokens, temperature, topP, topK, seed, stopTokens, stopSequences } }
}

type Stops = { stopTokens: number[]; stopSequences: number[][]; laterStops: string[] }

function stopsOf(stop: SampleCall['params']['stop'], base: BaseModel): Stops {
  if (stop === undefined) return { stopTokens: [...base.endTokens], stopSequences: [], laterStops: [] }
  const list = typeof stop === 'string' ? [stop] : stop
  demand(list.length <= MAX_STOPS, `at most ${MAX_STOPS} stops are allowed, not ${list.length}`)
  const stops: Stops = { stopTokens: [], stopSequences: [], laterStops: [] }
  for (const one of list) {
    if (typeof one === 'number') {
      demand(one >= 0 && one < base.vocabSize, `the stop token ${one} is outside the vocabulary of ${base.name}`)
      stops.stopTokens.push(one)
      continue
    }
    demand(one.length > 0, 'a stop string must not be empty')
    const texts = base.tokenTexts
    demand(texts !== null, `${base.name} has no byte-level tokenizer.json, so stops must be token ids`)
    const special = texts.special.get(one)
    const spelling = uniqueSpelling(one, texts)
    if (special !== undefined) stops.stopTokens.push(special)
    else if (spelling !== null) stops.stopSequences.push(spelling)
    else stops.laterStops.push(one)
  }
  return stops
}

async function sample(
  engine: Engine,
  id: AdapterId | null,
  call: SampleCall,
  { prompt, params, laterStops }: Plan,
  base: BaseModel,
  signal: AbortSignal,
): Promise<SampleResult> {
  const [sampled, scores] = await Promise.all([
    params.maxTokens === 0 ? nothing(call.numSamples) : engine.sample(id, prompt, call.numSamples, params, signal),
    scorePrompt(engine, id, call, prompt, { seed: params.seed!, temperature: params.temperature }),
  ])
  const sequences = sampled.map((sequence) => cutAtStop(sequence, laterStops, base))
  const k = call.topkSampleLogprobs ?? 0
  if (k === 0) return { ...scores, sequences, promptCacheHitTokens: 0 }
  const tops = await scoreSamples(
    engine,
    id,
    prompt,
    sequences.map(({ tokens }) => tokens),
    k,
  )
  const named = sequences.map((sequence, i) => ({ ...sequence, topkLogprobs: tops[i]! }))
  return { ...scores, sequences: named, promptCacheHitTokens: 0 }
}

function nothing(n: number): SampledSequence[] {
  return Array.from({ length: n }, () => ({
    tokens: new Int32Array(0),
    logprobs: new Float32Array(0),
    stopReason: 'length' as const,
  }))
}

/** Generation is causal, so cutting afterwards gives exactly what stopping in time would have. */
function cutAtStop(sequence: SampledSequence, stops: readonly string[], base: BaseModel): SampledSequence {
  if (stops.length === 0 || base.tokenTexts === null) return sequence
  const end = stopEnd(sequence.tokens, stops, base.tokenTexts)
  if (end === null) return sequence
  return { tokens: sequence.tokens.slice(0, end), logprobs: sequence.logprobs.slice(0, end), stopReason: 'stop' }
}

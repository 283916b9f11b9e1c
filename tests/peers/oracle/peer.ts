/** What the oracle's scenarios are written with, in the words of our client. The Python half is `peer.py`. */
import { codeOf, createServiceClient, modelInputFromTokens, tensorForKey, TinkerError } from '#src/tinker/index.ts'
import type {
  Datum,
  LoraOptions,
  ModelInput,
  SamplingClient,
  ServiceClient,
  ServiceConfig,
  TrainingClient,
} from '#src/tinker/index.ts'

export const MODEL = 'tunegraph/tiny-1m'

/** Gives what can be compared with what the SDK gave: plain data. */
export type Scenario = (peer: Peer) => Promise<unknown>

export class Peer {
  readonly #url: string
  readonly #key: string
  readonly #open: ServiceClient[] = []

  constructor(url: string, key: string) {
    this.#url = url
    this.#key = key
  }

  service(more: Partial<ServiceConfig> = {}): ServiceClient {
    const client = createServiceClient({ baseUrl: this.#url, apiKey: this.#key, ...more })
    this.#open.push(client)
    return client
  }

  trainer(more: Partial<LoraOptions> = {}): Promise<TrainingClient> {
    return this.service().createLoraTrainingClient({ baseModel: MODEL, rank: 4, seed: 1, ...more })
  }

  baseSampler(): Promise<SamplingClient> {
    return this.service().createSamplingClient({ baseModel: MODEL })
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((client) => client.close()))
  }
}

export function bytesOf(text: string): number[] {
  return Array.from(new TextEncoder().encode(text))
}

export function prompt(text: string): ModelInput {
  return modelInputFromTokens(bytesOf(text))
}

export function lesson(text: string, inputs: Datum['lossFnInputs'] = {}): Datum {
  const ids = bytesOf(text)
  const lossFnInputs = {
    target_tokens: tensorForKey('target_tokens', ids.slice(1)),
    weights: tensorForKey('weights', ids.slice(1).fill(1)),
    ...inputs,
  }
  return { modelInput: modelInputFromTokens(ids.slice(0, -1)), lossFnInputs }
}

/** A datum of the losses for reinforcement learning. */
export function experience(text: string, inputs: Datum['lossFnInputs'] = {}): Datum {
  const ids = bytesOf(text)
  const targets = ids.slice(1)
  const lossFnInputs = {
    target_tokens: tensorForKey('target_tokens', targets),
    logprobs: tensorForKey('logprobs', targets.slice().fill(-0.5)),
    advantages: tensorForKey('advantages', targets.slice().fill(0.25)),
    ...inputs,
  }
  return { modelInput: modelInputFromTokens(ids.slice(0, -1)), lossFnInputs }
}

/** What is left of an error that both clients can be asked about: that there was one. */
export async function refusal(call: () => Promise<unknown>): Promise<'refused' | 'accepted'> {
  try {
    await call()
    return 'accepted'
  } catch (error) {
    if (error instanceof TinkerError && codeOf(error.failure) !== undefined) return 'refused'
    throw error
  }
}

/** Common beginnings of the client's tests: a peer, a client with short waits, small data. */
import { onTestFinished } from 'vitest'
import { createServiceClient } from '../serviceClient.ts'
import { DEFAULT_RETRY } from '../transport/retry.ts'
import { modelInputFromTokens } from '../wire/modelInput.ts'
import { tensorForKey } from '../wire/datum.ts'
import { TinkerError } from '../failure.ts'
import { Peer } from './peer.ts'
import type { ServiceConfig, Tuning } from '../config.ts'
import type { Failure } from '../failure.ts'
import type { ServiceClient } from '../serviceClient.ts'
import type { Datum } from '../wire/datum.ts'
import type { PeerOptions } from './peer.ts'

/** Waits of milliseconds instead of seconds; the rules stay the same. Patience stays long: a busy machine is no fault. */
const QUICK: Partial<Tuning> = {
  retry: { ...DEFAULT_RETRY, baseMs: 5, maxMs: 20, windowMs: 20_000 },
  connectWindowMs: 2000,
  pollFloorMs: 20,
  pollRetry: { baseMs: 5, maxMs: 20, jitter: 0.25 },
  pollPatienceMs: 20_000,
  billingRetryMs: 10,
  backpressureMs: [30, 60],
}

export async function startPeer(options: PeerOptions = {}): Promise<Peer> {
  const peer = await Peer.start(options)
  onTestFinished(() => peer.stop())
  return peer
}

/** A client of the peer that is closed when the test ends. */
export function clientOf(peer: { readonly url: string }, config: Partial<ServiceConfig> = {}): ServiceClient {
  const tuning = { ...QUICK, ...config.tuning }
  const client = createServiceClient({ baseUrl: peer.url, apiKey: 'tml-test', ...config, tuning })
  onTestFinished(() => client.close())
  return client
}

export function datum(...tokens: readonly number[]): Datum {
  return {
    modelInput: modelInputFromTokens(tokens),
    lossFnInputs: {
      target_tokens: tensorForKey('target_tokens', tokens),
      weights: tensorForKey(
        'weights',
        tokens.map(() => 1),
      ),
    },
  }
}

/** The failure that a promise rejects with. @throws when it resolves or rejects with anything else. */
export async function failureOfRejection(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise
  } catch (error) {
    if (error instanceof TinkerError) return error.failure
    throw error
  }
  throw new Error('expected a rejection')
}

/** Resolves when the condition holds; the test's own limit is the deadline. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

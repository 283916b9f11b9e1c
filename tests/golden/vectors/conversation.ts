/** A client in conversation with a real HTTP server of its own, for areas about what travels and in which order. */
import { createServiceClient } from '#src/tinker/serviceClient.ts'
import { failureOf } from '#src/tinker/failure.ts'
import { DEFAULT_RETRY } from '#src/tinker/transport/retry.ts'
import { tensorForKey } from '#src/tinker/wire/datum.ts'
import { modelInputFromTokens } from '#src/tinker/wire/modelInput.ts'
import { Peer } from '#src/tinker/testing/peer.ts'
import type { Result } from '#src/base/result.ts'
import type { ServiceConfig, Tuning } from '#src/tinker/config.ts'
import type { Failure } from '#src/tinker/failure.ts'
import type { ServiceClient } from '#src/tinker/serviceClient.ts'
import type { Datum } from '#src/tinker/wire/datum.ts'

/** Milliseconds in place of seconds; the rules stay the same. */
const QUICK: Partial<Tuning> = {
  retry: { ...DEFAULT_RETRY, baseMs: 2, maxMs: 10, windowMs: 10_000 },
  connectWindowMs: 2000,
  pollFloorMs: 5,
  pollRetry: { baseMs: 2, maxMs: 10, jitter: 0.25 },
  billingRetryMs: 5,
  backpressureMs: [5, 5],
}

type Setting = { readonly flags?: Record<string, unknown> | null; readonly config?: Partial<ServiceConfig> }
type Conversation = { readonly peer: Peer; readonly service: ServiceClient }

export async function withService(
  { flags = {}, config = {} }: Setting,
  talk: (conversation: Conversation) => Promise<void>,
): Promise<void> {
  const peer = await Peer.start({ flags })
  const tuning = { ...QUICK, ...config.tuning }
  const service = createServiceClient({ baseUrl: peer.url, apiKey: 'tml-vectors', ...config, tuning })
  try {
    await talk({ peer, service })
  } finally {
    await service.close()
    await peer.stop()
  }
}

/** How a call ended; anything but a failure of the client's own kind is a bug and thrown. */
export async function settled<T>(call: Promise<T>): Promise<Result<T, Failure>> {
  try {
    return { ok: true, value: await call }
  } catch (error) {
    const failure = failureOf(error)
    if (failure === undefined) throw error
    return { ok: false, error: failure }
  }
}

export function datumOf(tokens: readonly number[]): Datum {
  const weights = tokens.map(() => 1)
  return {
    modelInput: modelInputFromTokens(tokens),
    lossFnInputs: { target_tokens: tensorForKey('target_tokens', tokens), weights: tensorForKey('weights', weights) },
  }
}

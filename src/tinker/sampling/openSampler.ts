/** Opens a sampling session on weights or on a base model. */
import { TinkerError } from '../failure.ts'
import { SamplingClient } from '../samplingClient.ts'
import { createSamplingSessionResponse } from '../wire/responses.ts'
import type { ServiceContext } from '../session/serviceContext.ts'

export type SamplerOptions = {
  /** Address of sampler weights. Absent: the base model itself. */
  readonly modelPath?: string
  /** Needed without `modelPath`. Beside it only older servers are told, because they ask for both. */
  readonly baseModel?: string
  readonly signal?: AbortSignal
}

/** Rejects with a {@link TinkerError}. */
export async function openSampler(
  context: ServiceContext,
  { modelPath, baseModel, signal }: SamplerOptions,
): Promise<SamplingClient> {
  const request = 'POST create_sampling_session'
  if (modelPath === undefined && baseModel === undefined)
    throw new TinkerError({ kind: 'rejected', message: 'a sampling client needs weights or a base model', request })
  const { connection, session, profile } = context
  // Older servers look the model up by its name although the weights say it; newer ones refuse to be told twice.
  const bothWanted = profile.legacy
  const answer = await session.within((sessionId) =>
    connection.requestJson(
      {
        request,
        method: 'POST',
        path: 'create_sampling_session',
        json: {
          session_id: sessionId,
          sampling_session_seq_id: session.nextSampler(),
          base_model: modelPath === undefined || bothWanted ? baseModel : undefined,
          model_path: modelPath,
          type: 'create_sampling_session',
        },
        ...(signal === undefined ? {} : { signal }),
      },
      createSamplingSessionResponse,
    ),
  )
  if (!answer.ok) throw new TinkerError(answer.error)
  return new SamplingClient(context, answer.value.sampling_session_id)
}

/** What a server says of a model and of a sampler. Loaded when it is asked. */
import { TinkerError } from './failure.ts'
import { pathSegments } from './wire/pathSegments.ts'
import { getInfoResponse, samplerResponse } from './wire/infoResponses.ts'
import type { SamplerInfo } from './samplingClient.ts'
import type { ModelInfo } from './trainingClient.ts'
import type { Connection } from './transport/connection.ts'

/** Rejects with a {@link TinkerError}. */
export async function modelInfo(connection: Connection, id: string, signal?: AbortSignal): Promise<ModelInfo> {
  const info = await connection.requestJson(
    {
      request: 'POST get_info',
      gone: 'model',
      method: 'POST',
      path: 'get_info',
      json: { model_id: id, type: 'get_info' },
      ...(signal === undefined ? {} : { signal }),
    },
    getInfoResponse,
  )
  if (!info.ok) throw new TinkerError(info.error)
  const { model_id: modelId, model_data: data, lora_rank: loraRank, model_name: name } = info.value
  return {
    modelId,
    modelName: data.model_name ?? name,
    tokenizerId: data.tokenizer_id?.split(':')[0],
    loraRank,
  }
}

/** Rejects with a {@link TinkerError}. */
export async function samplerInfo(connection: Connection, id: string, signal?: AbortSignal): Promise<SamplerInfo> {
  const path = `samplers/${pathSegments(id)}`
  const info = await connection.requestJson(
    { request: 'GET samplers', method: 'GET', path, ...(signal === undefined ? {} : { signal }) },
    samplerResponse,
  )
  if (!info.ok) throw new TinkerError(info.error)
  const { sampler_id: samplerId, base_model: baseModel, model_path: modelPath } = info.value
  return { samplerId, baseModel, modelPath }
}

/** What a server says of its models, of one model and of a sampler. Loaded when it is asked. */
import { TinkerError } from './failure.ts'
import { pathSegments } from './wire/pathSegments.ts'
import { getInfoResponse, samplerResponse, serverCapabilitiesResponse } from './wire/infoResponses.ts'
import type { SamplerInfo } from './samplingClient.ts'
import type { ServerCapabilities } from './serviceClient.ts'
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

/** Rejects with a {@link TinkerError}. */
export async function serverCapabilities(connection: Connection, signal?: AbortSignal): Promise<ServerCapabilities> {
  const call = { request: 'GET get_server_capabilities', method: 'GET', path: 'get_server_capabilities' } as const
  const answer = await connection.requestJson(
    { ...call, ...(signal === undefined ? {} : { signal }) },
    serverCapabilitiesResponse,
  )
  if (!answer.ok) throw new TinkerError(answer.error)
  return {
    models: answer.value.supported_models.flatMap(
      ({ model_name: name, max_context_length: maxContext, trainable, sampleable }) => {
        const uses = {
          ...(trainable === undefined ? {} : { trainable }),
          ...(sampleable === undefined ? {} : { sampleable }),
        }
        return name === undefined ? [] : [{ name, maxContext, ...uses }]
      },
    ),
  }
}

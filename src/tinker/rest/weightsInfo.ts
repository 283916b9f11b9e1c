/** What a checkpoint was trained from. Answers with a result, because a service client asks without throwing. */
import { weightsInfoResponse } from '../wire/listingResponses.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'
import type { Connection } from '../transport/connection.ts'

export type WeightsInfo = {
  readonly baseModel: string
  readonly isLora: boolean
  readonly loraRank: number | undefined
  readonly trainMlp: boolean
  readonly trainAttn: boolean
  readonly trainUnembed: boolean
}

export async function fetchWeightsInfo(
  connection: Connection,
  path: string,
  signal?: AbortSignal,
): Promise<Result<WeightsInfo, Failure>> {
  const info = await connection.requestJson(
    {
      request: 'POST weights_info',
      method: 'POST',
      path: 'weights_info',
      json: { tinker_path: path },
      ...(signal === undefined ? {} : { signal }),
    },
    weightsInfoResponse,
  )
  if (!info.ok) return info
  const { value } = info
  return {
    ok: true,
    value: {
      baseModel: value.base_model,
      isLora: value.is_lora,
      loraRank: value.lora_rank,
      trainMlp: value.train_mlp ?? true,
      trainAttn: value.train_attn ?? true,
      trainUnembed: value.train_unembed ?? true,
    },
  }
}

/** JSON bodies of the answers about one model or one sampler. Source: protocol reference §2. */
import { boolean, int, object, optional, string } from './shape.ts'
import type { Infer } from './shape.ts'

export const getInfoResponse = object({
  model_id: string,
  model_data: object({ arch: optional(string), model_name: optional(string), tokenizer_id: optional(string) }),
  is_lora: optional(boolean),
  lora_rank: optional(int),
  model_name: optional(string),
})
export type GetInfoResponse = Infer<typeof getInfoResponse>

export const samplerResponse = object({ sampler_id: string, base_model: string, model_path: optional(string) })
export type SamplerResponse = Infer<typeof samplerResponse>

/** JSON bodies of the answers about models, one model, one sampler, and of the exchange of tokens. Source: protocol reference §2. */
import { array, boolean, int, object, optional, string, withDefault } from './shape.ts'
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

const supportedModel = object({
  model_name: optional(string),
  max_context_length: optional(int),
  /** What the model can be used for; servers before SDK 0.38 do not say. */
  trainable: optional(boolean),
  sampleable: optional(boolean),
  /** Tunegraph's own backend says it. */
  parameters: optional(int),
})

/** Some servers write a model as its bare name. */
const modelOrName: typeof supportedModel = (value, at) =>
  supportedModel(typeof value === 'string' ? { model_name: value } : value, at)

export const serverCapabilitiesResponse = object({ supported_models: withDefault(array(modelOrName), []) })
export type ServerCapabilitiesResponse = Infer<typeof serverCapabilitiesResponse>

export const authTokenResponse = object({ jwt: string })
export type AuthTokenResponse = Infer<typeof authTokenResponse>

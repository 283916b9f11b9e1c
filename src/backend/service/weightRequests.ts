/** Requests about weights that the newer SDKs know: exports and copies. */
import { array, int, object, optional, string } from '../../tinker/wire/shape.ts'
import type { Infer } from '../../tinker/wire/shape.ts'

export const saveWeightsExternalRequest = object({
  model_id: string,
  path: string,
  seq_id: optional(int),
  ttl_seconds: optional(int),
  age_encryption_recipients: optional(array(string)),
})
export type SaveWeightsExternalRequest = Infer<typeof saveWeightsExternalRequest>

/** The copy's owner: a place in a session, or a project. */
export const copyWeightsRequest = object({
  source_path: string,
  session_id: optional(string),
  model_seq_id: optional(int),
  destination_project_id: optional(string),
  ttl_seconds: optional(int),
})
export type CopyWeightsRequest = Infer<typeof copyWeightsRequest>

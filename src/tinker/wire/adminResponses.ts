/** JSON bodies of the answers that are about sessions and organisations. Source: protocol reference §2.10, §2.11 and SDK 0.38. */
import { array, boolean, int, number, object, optional, record, string, unknownValue, withDefault } from './shape.ts'
import type { Infer } from './shape.ts'

export const healthResponse = object({ status: string })

export const traceExportResponse = object({ status: string, url: optional(string), error: optional(string) })

export const auditLogResponse = object({
  entries: array(
    object({
      timestamp: string,
      event: string,
      event_details: withDefault(record(unknownValue), {}),
      model_id: optional(string),
      tinker_path: optional(string),
      purpose: optional(string),
    }),
  ),
})
export type AuditLogResponse = Infer<typeof auditLogResponse>

export const billingUsageResponse = object({
  data: array(
    object({
      bucket_start: string,
      bucket_end: string,
      base_model: optional(string),
      user_id: optional(string),
      user_name: optional(string),
      session_id: optional(string),
      project_id: optional(string),
      estimated_cost_usd: optional(number),
      event_info: object({
        type: string,
        token_count: optional(int),
        cached: optional(boolean),
        count: optional(int),
        gigabyte_hours: optional(number),
        free: optional(boolean),
      }),
    }),
  ),
  sessions: withDefault(record(object({ user_metadata: optional(record(string)) })), {}),
})
export type BillingUsageResponse = Infer<typeof billingUsageResponse>

export const storageUsageResponse = object({
  effective_rate_usd_per_gigabyte_month: optional(number),
  data: array(
    object({
      project_id: optional(string),
      user_email: optional(string),
      user_name: optional(string),
      checkpoint_count: int,
      size_bytes: number,
      estimated_monthly_cost_usd: optional(number),
    }),
  ),
})
export type StorageUsageResponse = Infer<typeof storageUsageResponse>

export const sessionSearchResponse = object({
  sessions: array(
    object({
      session_id: string,
      created_at: string,
      owner: withDefault(string, ''),
      project_id: optional(string),
      status: optional(object({ type: string })),
      checkpoints_count: withDefault(int, 0),
      display_name: optional(string),
      user_metadata: optional(record(string)),
      checkpoint_storage_bytes: optional(number),
    }),
  ),
  next_cursor: optional(object({ last_created_at: string, last_session_id: string })),
})
export type SessionSearchResponse = Infer<typeof sessionSearchResponse>

export const copyWeightsResponse = object({ tinker_path: string })

export const externalUrlsResponse = object({ urls: record(string), expires: string })

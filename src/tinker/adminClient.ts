/** What an organisation did, used and stores. Needs a key with the rights for it; no session; all methods reject with a TinkerError. */
import { get } from './rest/calls.ts'
import { auditLogResponse, billingUsageResponse, storageUsageResponse } from './wire/adminResponses.ts'
import { queryString } from './wire/queryString.ts'
import type { Connection } from './transport/connection.ts'
import type { BillingUsageResponse } from './wire/adminResponses.ts'

export type AuditEntry = {
  /** RFC 3339. */
  readonly time: string
  /** As `checkpoint_read`. */
  readonly event: string
  readonly details: Readonly<Record<string, unknown>>
  readonly modelId: string | undefined
  readonly path: string | undefined
}

/** What was used, by kind; other kinds than these may come. */
export type UsageKind = 'training' | 'sampling_prefill' | 'sampling_sample' | 'checkpoint' | 'storage'

export type UsageEvent = {
  /** RFC 3339, of the hour. */
  readonly start: string
  readonly end: string
  readonly kind: UsageKind | (string & {})
  /** Tokens, checkpoints or gigabyte hours, by the kind. */
  readonly amount: number
  /** Of prompt tokens: served from the cache. */
  readonly cached: boolean
  readonly baseModel: string | undefined
  readonly userName: string | undefined
  readonly sessionId: string | undefined
  readonly projectId: string | undefined
  readonly estimatedUsd: number | undefined
}

export type Usage = {
  readonly events: readonly UsageEvent[]
  /** The metadata that their makers gave to the sessions named in the events. */
  readonly sessions: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export type StorageUsage = {
  readonly usdPerGigabyteMonth: number | undefined
  readonly items: readonly {
    readonly projectId: string | undefined
    readonly userName: string | undefined
    readonly checkpoints: number
    readonly bytes: number
    readonly estimatedMonthlyUsd: number | undefined
  }[]
}

export class AdminClient {
  readonly #connection: Connection

  /** Made by the service client. */
  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** `day` as `2026-01-31`, UTC; absent: the server's choice of recent ones. */
  async auditLog(
    { eventType = 'all', day }: { readonly eventType?: string; readonly day?: string } = {},
    signal?: AbortSignal,
  ): Promise<readonly AuditEntry[]> {
    const path = `audit?${queryString({ event_type: eventType, day })}`
    const { entries } = await get(this.#connection, 'GET audit', path, auditLogResponse, signal)
    return entries.map((entry) => ({
      time: entry.timestamp,
      event: entry.event,
      details: entry.event_details,
      modelId: entry.model_id,
      path: entry.tinker_path,
    }))
  }

  /** By the hour, RFC 3339, whole hours UTC, at most 14 days. */
  async billingUsage(
    { startingOn, endingBefore }: { readonly startingOn: string | Date; readonly endingBefore: string | Date },
    signal?: AbortSignal,
  ): Promise<Usage> {
    const window = { starting_on: instant(startingOn), ending_before: instant(endingBefore) }
    const path = `billing/usage/events?${queryString(window)}`
    const { data, sessions } = await get(this.#connection, 'GET billing/usage', path, billingUsageResponse, signal)
    const metadata = Object.entries(sessions).map(([id, session]) => [id, session.user_metadata ?? {}])
    return { events: data.map(usageOf), sessions: Object.fromEntries(metadata) }
  }

  /** What the checkpoints take now, by project and owner. */
  async checkpointStorage(
    { projectId }: { readonly projectId?: string } = {},
    signal?: AbortSignal,
  ): Promise<StorageUsage> {
    const query = queryString({ project_id: projectId })
    const path = `billing/usage/checkpoints/current${query === '' ? '' : `?${query}`}`
    const usage = await get(this.#connection, 'GET billing/usage/checkpoints', path, storageUsageResponse, signal)
    return {
      usdPerGigabyteMonth: usage.effective_rate_usd_per_gigabyte_month,
      items: usage.data.map((item) => ({
        projectId: item.project_id,
        userName: item.user_name ?? item.user_email,
        checkpoints: item.checkpoint_count,
        bytes: item.size_bytes,
        estimatedMonthlyUsd: item.estimated_monthly_cost_usd,
      })),
    }
  }
}

/** The server writes seconds without fractions. */
function instant(time: string | Date): string {
  return typeof time === 'string' ? time : time.toISOString().replace('.000Z', 'Z')
}

function usageOf(event: BillingUsageResponse['data'][number]): UsageEvent {
  const { type: kind, token_count: tokens, count, gigabyte_hours: hours, cached = false } = event.event_info
  return {
    start: event.bucket_start,
    end: event.bucket_end,
    kind,
    amount: tokens ?? count ?? hours ?? 0,
    cached,
    baseModel: event.base_model,
    userName: event.user_name,
    sessionId: event.session_id,
    projectId: event.project_id,
    estimatedUsd: event.estimated_cost_usd,
  }
}

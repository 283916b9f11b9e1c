/** JSON bodies of answers that only newer servers give: since SDK 0.38, but for the flags that may change. */
import { array, boolean, int, object, optional, string, withDefault } from './shape.ts'
import type { Infer } from './shape.ts'

/** SDK 0.38: what has been completed in a sampling session since the cursor of the poll before. */
export const futureCompletionsResponse = object({
  completions: array(object({ request_id: string, state: string, response_payload_uncompressed_size: optional(int) })),
  cursor: int,
})
export type FutureCompletionsResponse = Infer<typeof futureCompletionsResponse>

/** SDK 0.38: the place of a copied sampling client among those of its session; the original's is 0. */
export const joinSamplingSessionResponse = object({ client_counter: int })
export type JoinSamplingSessionResponse = Infer<typeof joinSamplingSessionResponse>

/** Flags that may change while a client lives. Unknown to servers before SDK 0.25. */
export const dynamicConfigResponse = object({
  refresh_interval_sec: withDefault(int, 300),
  /** A sample that is given up may be cancelled by `cancel_future`. */
  sample_cancel_enabled: withDefault(boolean, false),
})
export type DynamicConfigResponse = Infer<typeof dynamicConfigResponse>

/** JSON bodies of answers that only servers since SDK 0.38 give, on routes that they ask to be used. */
import { array, int, object, optional, string } from './shape.ts'
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

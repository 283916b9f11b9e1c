/** Tells the server that nobody waits for a sample any more, where it wants to know. Best effort. */
import type { ServiceContext } from '../session/serviceContext.ts'

const TIMEOUT_MS = 30_000

/** By a flag that servers before SDK 0.38 do not have; without it the server finds out by missing heartbeats. */
export async function cancelOnServer({ connection }: ServiceContext, requestId: string): Promise<void> {
  if (connection.closed) return
  await connection.request({
    request: 'POST cancel_future',
    method: 'POST',
    path: 'cancel_future',
    json: { request_id: requestId },
    timeoutMs: TIMEOUT_MS,
    ignoreBody: true,
  })
}

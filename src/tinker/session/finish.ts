/** The last word about a session. */
import { TinkerError } from '../failure.ts'
import { pathSegments } from '../wire/pathSegments.ts'
import type { Connection } from '../transport/connection.ts'

export type SessionEnd = 'success' | 'errored' | 'interrupted'

/** Rejects with a {@link TinkerError}, unless the server has no word for it or knows the session no more. */
export async function finishSession(
  connection: Connection,
  id: string,
  status: SessionEnd,
  detail: string | undefined,
): Promise<void> {
  const told = await connection.request({
    request: 'POST sessions/{id}/finish',
    gone: 'session',
    method: 'POST',
    path: `sessions/${pathSegments(id)}/finish`,
    json: { reason: { type: status }, detail: detail ?? null },
    ignoreBody: true,
  })
  const past = told.ok || ['unsupported', 'expired', 'notFound'].includes(told.error.kind)
  if (!past) throw new TinkerError(told.error)
}

/** Copies of a sampling client in other threads and processes: each draws its request numbers from a range of its own. */
import { ok } from '../../base/result.ts'
import { joinSamplingSessionResponse } from '../wire/newerResponses.ts'
import type { Result } from '../../base/result.ts'
import type { Failure } from '../failure.ts'
import type { ServiceContext } from '../session/serviceContext.ts'

/** Keeps every number of every copy below 2^53. */
const MOST_COPIES = 9_000_000

/** Place of a new copy among those of the session, from 1: as the server says where it is to be asked, else by chance. */
export async function placeOfCopy(
  context: ServiceContext,
  samplingSessionId: string,
): Promise<Result<number, Failure>> {
  if (!context.profile.flags.sample_join_sampling_session) return ok(somePlace())
  const joined = await context.connection.requestJson(
    {
      request: 'POST join_sampling_session',
      gone: 'session',
      method: 'POST',
      path: 'join_sampling_session',
      json: { sampling_session_id: samplingSessionId, type: 'join_sampling_session' },
    },
    joinSamplingSessionResponse,
  )
  if (joined.ok) return ok(joined.value.client_counter)
  return joined.error.kind === 'unsupported' ? ok(somePlace()) : joined
}

function somePlace(): number {
  return 1 + Math.floor(Math.random() * MOST_COPIES)
}

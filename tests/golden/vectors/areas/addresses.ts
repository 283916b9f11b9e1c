/** Checkpoint addresses, ids and query strings. */
import { checkpointRoute, parseCheckpointPath } from '#src/tinker/wire/checkpointPath.ts'
import { queryString } from '#src/tinker/wire/queryString.ts'
import { ok } from 'node:assert/strict'
import { check, same } from '../vector.ts'

type Parts = { training_run_id: string; checkpoint_type: string; checkpoint_id: string }
type PathExpected = { tinker_0_25_0?: Parts | 'error'; delete?: string } & Partial<Parts> & Record<string, unknown>

export const checkpointPath = check<string, PathExpected>((input, expected) => {
  const read = parseCheckpointPath(input)
  if (expected.delete !== undefined) {
    ok(read.ok)
    same(checkpointRoute(read.value), expected.delete)
    for (const action of ['archive', 'publish', 'ttl'] as const)
      if (expected[action] !== undefined) same(checkpointRoute(read.value, action), expected[action])
    return
  }
  const wanted = expected.tinker_0_25_0 ?? (expected.training_run_id === undefined ? 'error' : (expected as Parts))
  // Twinkle's own scheme is read too, where the official client refuses it.
  if (wanted === 'error' && !input.startsWith('twinkle://')) return same(read.ok, false)
  ok(read.ok, read.ok ? '' : read.error)
  if (wanted === 'error') return
  const { runId, type, checkpointId } = read.value
  const { training_run_id, checkpoint_type, checkpoint_id } = wanted
  same({ runId, type, checkpointId }, { runId: training_run_id, type: checkpoint_type, checkpointId: checkpoint_id })
})

export const query = check<Record<string, never>, string>((input, expected) => same(queryString(input), expected))

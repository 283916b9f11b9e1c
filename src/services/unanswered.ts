/** What a call to a worker that never answered is for a person. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { diagnose } from './codes.ts'

/** A call to a worker ended without an answer: the worker died, or a bug threw in it. */
export function unanswered(error: unknown): Diagnostic {
  const detail = error instanceof Error ? error.message : String(error)
  return diagnose('SV0006', { on: 'document' }, `The run worker did not answer: ${detail}.`, { data: { detail } })
}

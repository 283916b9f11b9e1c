/** 1 when the whole answer equals the reference. Outer whitespace never counts. */
import type { GraderSpec } from '../ir/pipelineConfig.ts'

type ExactSpec = Extract<GraderSpec, { type: 'exact' }>

/** @param clean an answer that did not end by itself is not the whole answer, so it equals nothing */
export function gradeExact(spec: ExactSpec, completion: string, answer: string, clean: boolean): number {
  return clean && normalise(spec, completion) === normalise(spec, answer) ? 1 : 0
}

function normalise(spec: ExactSpec, text: string): string {
  let out = text.normalize('NFC')
  if (!spec.caseSensitive) out = out.toLowerCase()
  // Dropping punctuation may leave double spaces behind, so spaces are squeezed with it.
  if (spec.stripPunctuation) out = out.replace(/[\p{P}\p{S}]/gu, '').replace(/\s+/g, ' ')
  return out.trim()
}

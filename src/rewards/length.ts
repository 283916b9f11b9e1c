/** Rewards answers of a wanted length. */
import type { GraderSpec } from '../ir/pipelineConfig.ts'

type LengthSpec = Extract<GraderSpec, { type: 'length' }>

/** 1 inside [min, max]; outside it falls linearly to 0 at `falloff` units from the bound (at once when 0). */
export function gradeLength(spec: LengthSpec, completion: string): number {
  const length = lengthOf(spec, completion)
  const outside = Math.max(spec.min - length, length - spec.max, 0)
  if (outside === 0) return 1
  return spec.falloff > 0 ? Math.max(0, 1 - outside / spec.falloff) : 0
}

/** In words, or in code points. */
export function lengthOf({ unit }: Pick<LengthSpec, 'unit'>, text: string): number {
  return unit === 'words' ? text.split(/\s+/).filter(Boolean).length : [...text].length
}

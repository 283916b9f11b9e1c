/** Rewards answers that match a pattern, or whose first group equals the reference. */
import type { SafeRegex } from './regex/index.ts'

export type PatternGrade = { readonly score: number; readonly gaveUp: boolean }

/** @param answer compared with the first group (outer whitespace aside) when given; null asks only for a match */
export function gradePattern(regex: SafeRegex, completion: string, answer: string | null): PatternGrade {
  const outcome = regex.match(completion)
  if (outcome.type !== 'match') return { score: 0, gaveUp: outcome.type === 'gaveUp' }
  if (answer === null) return { score: 1, gaveUp: false }
  return { score: outcome.groups[0]?.trim() === answer.trim() ? 1 : 0, gaveUp: false }
}

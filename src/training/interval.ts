/** 95 % confidence interval of a mean score. */
import { average } from './advantages.ts'

const Z = 1.959964

export type Interval = { readonly score: number; readonly n: number; readonly low: number; readonly high: number }

/** Wilson's interval when every score is 0 or 1 (honest near the ends and for few rows), the normal one otherwise. */
export function scoreInterval(scores: readonly number[]): Interval {
  const n = scores.length
  const score = average(scores)
  if (scores.every((s) => s === 0 || s === 1)) return { score, n, ...wilson(score, n) }
  if (n === 1) return { score, n, low: score, high: score }
  const variance = scores.reduce((sum, s) => sum + (s - score) ** 2, 0) / (n - 1)
  const half = Z * Math.sqrt(variance / n)
  return { score, n, low: score - half, high: score + half }
}

/** E. B. Wilson 1927: centre (p + z²/2n)/(1 + z²/n), half-width z/(1 + z²/n)·√(p(1−p)/n + z²/4n²). */
function wilson(p: number, n: number): { low: number; high: number } {
  const scale = 1 + Z ** 2 / n
  const centre = (p + Z ** 2 / (2 * n)) / scale
  const half = (Z / scale) * Math.sqrt((p * (1 - p)) / n + Z ** 2 / (4 * n ** 2))
  // At the ends the bound is the score itself, which rounding would miss by a hair.
  return { low: p === 0 ? 0 : centre - half, high: p === 1 ? 1 : centre + half }
}

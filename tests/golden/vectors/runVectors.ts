/** Runs vectors one by one and sorts them: passed, failed, or not this project's, each with its reason. */
import { AREAS, OUTSIDE } from './areas.ts'
import { Elsewhere } from './vector.ts'
import type { Vector } from './vector.ts'

export type Outcome =
  | { readonly outcome: 'passed' }
  | { readonly outcome: 'failed'; readonly why: string }
  | { readonly outcome: 'elsewhere'; readonly why: string }

export async function runVector(vector: Vector): Promise<Outcome> {
  const outside = OUTSIDE[vector.area]
  if (outside !== undefined) return { outcome: 'elsewhere', why: outside }
  const load = Object.hasOwn(AREAS, vector.area) ? AREAS[vector.area] : undefined
  if (load === undefined) return { outcome: 'elsewhere', why: 'no part of this project has an area of this name' }
  try {
    const check = await load()
    await check(vector)
    return { outcome: 'passed' }
  } catch (error) {
    if (error instanceof Elsewhere) return { outcome: 'elsewhere', why: error.message }
    return { outcome: 'failed', why: error instanceof Error ? error.message : String(error) }
  }
}

export type Report = { readonly passed: number; readonly failed: number; readonly elsewhere: number }

/** Prints failures with their reasons, then areas and cases that do not apply, then the one line that counts. */
export async function runVectors(given: unknown, print: (line: string) => void): Promise<Report> {
  const counts = { passed: 0, failed: 0, elsewhere: 0 }
  const areas = new Map<string, { passed: number; failed: number }>()
  const reasons = new Map<string, string[]>()
  for (const vector of vectorsIn(given)) {
    const result = await runVector(vector)
    counts[result.outcome]++
    if (result.outcome === 'elsewhere') {
      const key = `${vector.area}: ${result.why}`
      reasons.set(key, [...(reasons.get(key) ?? []), vector.name])
      continue
    }
    const area = areas.get(vector.area) ?? { passed: 0, failed: 0 }
    area[result.outcome]++
    areas.set(vector.area, area)
    if (result.outcome === 'failed')
      print(`FAILED ${vector.area}: ${vector.name}\n  ${result.why.replaceAll('\n', '\n  ')}`)
  }
  for (const [area, { passed, failed }] of areas)
    print(`${area}: ${passed} passed${failed ? `, ${failed} failed` : ''}`)
  if (counts.elsewhere > 0) print(`\n${counts.elsewhere} do not apply:`)
  for (const [reason, names] of reasons) print(`  ${reason} (${names.length})`)
  print(`\n${counts.passed} passed, ${counts.failed} failed`)
  return counts
}

/** @throws Error when the file is not a list of vectors. */
function vectorsIn(given: unknown): Vector[] {
  if (!Array.isArray(given)) throw new Error('a file of vectors is a list of {area, name, input, expected}')
  return given.map((one: unknown, i) => {
    const { area, name = `case ${i}` } = Object(one) as Partial<Vector>
    if (typeof area !== 'string' || typeof name !== 'string') throw new Error(`vector ${i} has no area`)
    return { ...(one as Vector), name }
  })
}

/** Fixes of advice over random settings of a whole plan: what is mended is not said again of the same place. */
import { expect, test } from 'vitest'
import { hasErrors } from '#src/base/diagnostic.ts'
import { seededRng } from '#src/base/rng.ts'
import { compile } from '#src/compiler/compile.ts'
import { docOf, factsFor } from '../support/advised.ts'
import { applied } from '../support/kindSuite.ts'
import { registry } from '../support/pipeline.ts'
import { randomChange } from './randomChange.ts'

const SEEDS = Array.from({ length: 160 }, (_, i) => i + 1)

test('a fix mends what it is offered for, whatever else is wrong', () => {
  const mended = new Set<string>()
  let running = 0
  const failed: string[] = []
  for (const seed of SEEDS) {
    const change = randomChange(seededRng(seed), seed % 2 === 0)
    const doc = docOf(change)
    const facts = factsFor(change)
    const before = compile(doc, registry, facts).diagnostics
    if (!hasErrors(before)) running++
    for (const { code, at, fix, message } of before) {
      if (!fix) continue
      const after = compile(applied(doc, fix.command, fix.args), registry, facts).diagnostics
      const still = after.filter((d) => d.code === code && JSON.stringify(d.at) === JSON.stringify(at))
      failed.push(...still.map((d) => `seed ${seed}: ${d.code} ${fix.title} of ${message} → ${d.message}`))
      // What stood behind an error may be one itself; where there was none, a fix must not make one.
      const worse = hasErrors(before) ? undefined : after.find((d) => d.severity === 'error')
      if (worse) failed.push(`seed ${seed}: ${code} ${fix.title} → ${worse.code} ${worse.message}`)
      mended.add(code)
    }
  }
  expect(failed).toEqual([])
  expect(running).toBeGreaterThan(SEEDS.length / 4)
  expect(mended.size).toBeGreaterThan(30)
})

/** What is counted and said of trainers once, because they are set alike, is what is counted and said of each alone. */
import { expect, test } from 'vitest'
import { seededRng } from '#src/base/rng.ts'
import type { Rng } from '#src/base/rng.ts'
import { flatten } from '#src/compiler/flatten/flatten.ts'
import { check } from '#src/compiler/passes/check.ts'
import { estimate } from '#src/compiler/passes/estimate.ts'
import { lower } from '#src/compiler/passes/lower.ts'
import { resolve } from '#src/compiler/passes/resolve.ts'
import { stage } from '#src/compiler/passes/stage.ts'
import { recordOf } from '#src/compiler/passes/stageRecord.ts'
import { verify } from '#src/compiler/passes/verify.ts'
import { advise } from '#src/compiler/rules/advise.ts'
import type { GraphDoc, NodeRec } from '#src/graph/model.ts'
import { lensOf } from '#src/kinds/lens.ts'
import { docOf, factsFor } from '../support/advised.ts'
import { registry } from '../support/pipeline.ts'
import { randomChange } from './randomChange.ts'

const COPIED = ['sft', 'save', 'rl'] as const

/** The trainers of a drawing over and over, each time wired as the first are; some have a setting of their own. */
function repeated(doc: GraphDoc, rng: Rng): GraphDoc {
  const nodes: Record<string, NodeRec> = { ...doc.nodes }
  const edges: Record<string, GraphDoc['edges'][string & keyof GraphDoc['edges']]> = { ...doc.edges }
  for (let copy = 1; copy <= 6; copy++) {
    const named = (id: string): string => ((COPIED as readonly string[]).includes(id) ? `${id}${copy}` : id)
    for (const id of COPIED) {
      const { params, ...rest } = doc.nodes[id as never] as NodeRec
      const own = rng.next() < 0.4 ? ownSetting(id, rng) : {}
      nodes[named(id)] = { ...rest, id: named(id), params: { ...params, ...own } } as NodeRec
    }
    for (const edge of Object.values(doc.edges)) {
      if (named(edge.to.node) === edge.to.node) continue
      const id = `${edge.id}${copy}`
      const from = { ...edge.from, node: named(edge.from.node) }
      edges[id] = { id, from, to: { ...edge.to, node: named(edge.to.node) } } as typeof edge
    }
  }
  return { ...doc, nodes, edges } as GraphDoc
}

function ownSetting(id: (typeof COPIED)[number], rng: Rng): Record<string, number> {
  const one = <T>(...of: readonly T[]): T => of[rng.int(of.length)]!
  if (id === 'save') return { every: one(0, 1, 400) }
  return one<Record<string, number>>(
    { learningRate: one(1e-6, 1e-2) },
    { batchSize: one(1, 2000) },
    { warmupRatio: 0.9 },
  )
}

test('numbers and advice of each of many trainers', () => {
  let shared = 0
  let advised = 0
  for (let seed = 1; seed <= 60; seed++) {
    const rng = seededRng(seed)
    // Nothing speaks against the sound graph: there one trainer's silence is taken for another's.
    const change = seed % 2 === 0 ? {} : randomChange(rng, seed % 3 === 0)
    const facts = factsFor(change)
    const flat = flatten(repeated(docOf(change), rng), registry, new Map())
    const resolutions = resolve(flat.doc, registry)
    const checked = check(flat.doc, lensOf(registry), resolutions)
    const lowered = lower(flat, facts, resolutions, checked)
    const staged = stage(lowered)
    const verified = verify(staged.records, staged.decisions)
    estimate(verified, lowered, facts)
    advise(verified, lowered)
    const tokens = new Set<unknown>()
    for (const { made, estimate: own, added, counted, advice, stage: config } of verified.records) {
      const alone = recordOf(made, own, added)
      estimate({ ...verified, records: [alone] }, lowered, facts)
      advise({ ...verified, records: [alone] }, lowered)
      expect(counted!.estimate, `${seed} ${config.id}`).toEqual(alone.counted!.estimate)
      expect(counted!.diagnostics, `${seed} ${config.id}`).toEqual(alone.counted!.diagnostics)
      expect(advice?.found, `${seed} ${config.id}`).toEqual(alone.advice?.found)
      const spent = counted!.estimate?.tokens
      if (spent && tokens.has(spent)) shared++
      else if (spent) tokens.add(spent)
      advised += advice?.found.length ?? 0
    }
  }
  // It was about something: trainers that share their numbers, and others that had something to be told.
  expect(shared).toBeGreaterThan(50)
  expect(advised).toBeGreaterThan(50)
})

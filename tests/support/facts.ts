/** Facts as reading rows gives them, stated instead of read, for tests of what the compiler makes of them. */
import type { DatasetFacts, DatasetRequest, Facts } from '#src/ir/dataset.ts'
import { datasetKey } from '#src/ir/datasetKey.ts'

export const TINY = 'tunegraph/tiny-1m'

export function rowFacts(facts: Partial<DatasetFacts> = {}): DatasetFacts {
  const rows = facts.rows ?? 100
  return {
    fingerprint: 'f'.repeat(64),
    columns: ['messages'],
    mapping: { type: 'messages', messages: 'messages' },
    rows,
    usable: rows,
    withAnswer: facts.usable ?? rows,
    diagnostics: [],
    tokens: [],
    ...facts,
  }
}

export function builtin(name: string): DatasetRequest {
  return { source: { type: 'builtin', name }, mapping: { type: 'auto' } }
}

/** Facts of built-in sets by name, and a backend that offers the tiny model. */
export function factsOf(sets: { readonly [name: string]: Partial<DatasetFacts> }): Facts {
  const entries = Object.entries(sets).map(([name, facts]) => {
    // Different sets have different rows, hence different fingerprints.
    const fingerprint = name.padEnd(64, '0')
    return [datasetKey(builtin(name)), rowFacts({ fingerprint, ...facts })] as const
  })
  return {
    datasets: Object.fromEntries(entries),
    models: [{ name: TINY, maxContext: 512, renderer: 'tunegraph' }],
  }
}

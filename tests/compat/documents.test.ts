/** Files saved by every released version must open, and mean what they meant. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import { parseDoc, serialiseDoc } from '#src/graph/codec.ts'
import { registry } from '../support/pipeline.ts'
import { rowFacts, TINY } from '../support/facts.ts'

/** What each file has meant since it was saved; the hash covers params and wiring of every stage. */
const saved = [
  {
    file: 'format-1.tunegraph.json',
    nodes: 13,
    edges: 13,
    kept: { later: { anything: [1, { deep: null }] } },
    hash: '98a49bbe9fc7a98c8ec693da16e1f1c01550abae1a4677c4a562ca8c987c8b19',
  },
] as const

describe.each(saved)('$file', ({ file, nodes, edges, kept, hash }) => {
  const { doc, diagnostics } = parseDoc(readFileSync(new URL(file, import.meta.url), 'utf8'))

  test('opens whole and without a word', () => {
    expect(diagnostics).toEqual([])
    expect([Object.keys(doc!.nodes).length, Object.keys(doc!.edges).length]).toEqual([nodes, edges])
    for (const [id, params] of Object.entries(kept)) expect(doc!.nodes[id]!.params).toEqual(params)
  })
  test('saved and opened again it is the same document', () => {
    expect(parseDoc(serialiseDoc(doc!))).toEqual({ doc, diagnostics: [] })
  })
  test('compiles to the run that it has always been', () => {
    // Rows are stated, so that better lesson rows are no break of the format.
    const rows = factRequests(doc!, registry).map(
      ({ key }) => [key, rowFacts({ rows: 600, fingerprint: key })] as const,
    )
    const facts = {
      datasets: Object.fromEntries(rows),
      models: [{ name: TINY, maxContext: 512, renderer: 'tunegraph' }],
    }
    const { plan } = compile(doc!, registry, facts)
    expect(plan?.hash).toBe(hash)
  })
})

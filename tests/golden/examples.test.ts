/** Example files equal their drawings, compile on their real rows without complaint, and are pleasant to look at. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createDefaultRegistry } from '#nodes/index.ts'
import { compile } from '#src/compiler/compile.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import { parseDoc, serialiseDoc } from '#src/graph/codec.ts'
import { examples } from '../../examples/build.ts'
import { readFacts } from '../support/realFacts.ts'

const registry = createDefaultRegistry()

describe.each(Object.entries(examples))('examples/%s', (file, drawing) => {
  const path = new URL(`../../examples/${file}`, import.meta.url)
  const drawn = drawing(registry)
  if (process.env['UPDATE_EXAMPLES']) writeFileSync(path, serialiseDoc(drawn))
  const { doc, diagnostics } = parseDoc(readFileSync(path, 'utf8'))

  test('is the drawing, written down', () => {
    expect(diagnostics).toEqual([])
    expect(doc).toEqual(drawn)
  })

  test('compiles on its real rows without a word', () => {
    const compiled = compile(drawn, registry, readFacts(factRequests(drawn, registry)))
    expect(compiled.diagnostics).toEqual([])
    expect(compiled.plan).not.toBeNull()
  })

  test('has its cards on the grid, apart from one another, and wires that run to the right or down a row', () => {
    const cards = Object.values(drawn.nodes).map((node) => ({ ...node.position, ...registry.get(node.kind)!.size }))
    for (const [i, a] of cards.entries()) {
      expect([Math.abs(a.x % 8), Math.abs(a.y % 8)]).toEqual([0, 0])
      for (const b of cards.slice(i + 1)) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
        expect(apart, `${JSON.stringify(a)} and ${JSON.stringify(b)}`).toBe(true)
      }
    }
    for (const { from, to } of Object.values(drawn.edges)) {
      const [a, b] = [drawn.nodes[from.node]!, drawn.nodes[to.node]!]
      const below = b.position.y >= a.position.y + registry.get(a.kind)!.size.height
      expect(b.position.x > a.position.x || below, `${from.node} → ${to.node}`).toBe(true)
    }
  })
})

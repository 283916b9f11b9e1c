/** Facts of the built-in sets as reading them gives, so that the bench counts what the product counts. */
import { readFileSync } from 'node:fs'
import { datasetFacts } from '#src/data/facts.ts'
import type { Facts } from '#src/ir/dataset.ts'
import { datasetKey } from '#src/ir/datasetKey.ts'
import type { Registry } from '#src/kinds/registry.ts'
import { createDefaultRegistry } from '#nodes/index.ts'

export async function registryFacts(): Promise<{ readonly registry: Registry; readonly facts: Facts }> {
  const datasets = Object.fromEntries(
    ['pig-latin-sft', 'pig-latin-prompts', 'pig-latin-heldout'].map((name) => {
      const request = { source: { type: 'builtin', name }, mapping: { type: 'auto' } } as const
      const text = readFileSync(new URL(`../../nodes/dataset/sets/${name}.jsonl`, import.meta.url), 'utf8')
      return [datasetKey(request), datasetFacts(request, text)] as const
    }),
  )
  const models = [{ name: 'tunegraph/tiny-1m', maxContext: 512, renderer: 'tunegraph' }]
  return { registry: createDefaultRegistry(), facts: { datasets, models } }
}

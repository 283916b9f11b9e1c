/** Facts of the built-in sets as reading and counting them gives, so that the bench counts what the product counts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { datasetFacts } from '#src/data/facts.ts'
import { createRenderer } from '#src/data/renderers/registry.ts'
import type { Facts } from '#src/ir/dataset.ts'
import { datasetKey } from '#src/ir/datasetKey.ts'
import type { Registry } from '#src/kinds/registry.ts'
import { loadTokenizer } from '#src/tokenizers/loadTokenizer.ts'
import { createDefaultRegistry } from '#nodes/index.ts'

const MODEL = 'tunegraph/tiny-1m'

/** @param root folder of the repository */
export function registryFacts(root: string): { readonly registry: Registry; readonly facts: Facts } {
  const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')
  const model = 'models/tunegraph-tiny-1m'
  const tokenizer = loadTokenizer({
    tokenizer: textOf(`${model}/tokenizer.json`),
    config: textOf(`${model}/tokenizer_config.json`),
  })
  if (!tokenizer.ok) throw new Error(tokenizer.error.message)
  const renderer = createRenderer('tunegraph', tokenizer.value)
  if (!renderer.ok) throw new Error(renderer.error.message)
  const counting = { model: MODEL, renderer: renderer.value }
  const datasets = Object.fromEntries(
    ['pig-latin-sft', 'pig-latin-prompts', 'pig-latin-heldout'].map((name) => {
      const request = { source: { type: 'builtin', name }, mapping: { type: 'auto' } } as const
      return [
        datasetKey(request),
        datasetFacts(request, textOf(`nodes/dataset/sets/${name}.jsonl`), [counting]),
      ] as const
    }),
  )
  const models = [{ name: MODEL, maxContext: 512, renderer: 'tunegraph' }]
  return { registry: createDefaultRegistry(), facts: { datasets, models } }
}

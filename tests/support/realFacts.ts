/** Facts as the app gets them: built-in rows read from their files, counted with the tiny models' own tokenizer. */
import { readFileSync } from 'node:fs'
import type { FactRequest } from '#src/compiler/factRequests.ts'
import { datasetFacts } from '#src/data/facts.ts'
import type { Counting } from '#src/data/facts.ts'
import { loadTokenizer } from '#src/tokenizers/loadTokenizer.ts'
import { createRenderer } from '#src/data/renderers/registry.ts'
import type { DatasetFacts, Facts } from '#src/ir/dataset.ts'

/** The models that come along; their tokenizers are one and the same. */
const MODELS = ['tunegraph/tiny-1m', 'tunegraph/tiny-4m']
const root = new URL('../../', import.meta.url)

/** `texts` are the document's files, by asset id. */
export function readFacts(requests: readonly FactRequest[], texts: { readonly [asset: string]: string } = {}): Facts {
  const datasets: { [key: string]: DatasetFacts } = {}
  for (const { key, request, models } of requests) {
    const { source } = request
    const text = source.type === 'asset' ? texts[source.asset]! : read(`nodes/dataset/sets/${source.name}.jsonl`)
    datasets[key] = datasetFacts(request, text, models.filter((model) => MODELS.includes(model)).map(counting))
  }
  return { datasets, models: MODELS.map((name) => ({ name, maxContext: 512, renderer: 'tunegraph' })) }
}

function counting(model: string): Counting {
  const folder = `models/${model.replace('/', '-')}`
  const tokenizer = loadTokenizer({
    tokenizer: read(`${folder}/tokenizer.json`),
    config: read(`${folder}/tokenizer_config.json`),
  })
  if (!tokenizer.ok) throw new Error(tokenizer.error.message)
  const renderer = createRenderer('tunegraph', tokenizer.value)
  if (!renderer.ok) throw new Error(renderer.error.message)
  return { model, renderer: renderer.value }
}

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8')
}

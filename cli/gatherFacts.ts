/** Everything outside the document that the compiler looks at: the server's models and the datasets' rows. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import { factRequests } from '#src/compiler/factRequests.ts'
import { factsOf } from '#src/data/facts.ts'
import type { Counting } from '#src/data/facts.ts'
import { loadTokenizer } from '#src/data/loadTokenizer.ts'
import { createRenderer } from '#src/data/renderers/registry.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import type { DatasetFacts, Facts, ModelFacts } from '#src/ir/dataset.ts'
import type { Registry } from '#src/kinds/registry.ts'
import type { OpenedBackend } from './backend.ts'
import { missingDataset } from './datasets.ts'
import type { Datasets } from './datasets.ts'

export type GatheredFacts = { readonly facts: Facts; readonly diagnostics: readonly Diagnostic[] }

export async function gatherFacts(
  doc: GraphDoc,
  registry: Registry,
  backend: OpenedBackend,
  models: readonly ModelFacts[],
  datasets: Datasets,
): Promise<GatheredFacts> {
  const known: { [key: string]: DatasetFacts } = {}
  const diagnostics: Diagnostic[] = []
  for (const { key, request, model, nodes } of factRequests(doc, registry)) {
    const read = await datasets.read(request)
    if (!read) {
      diagnostics.push(...nodes.map((node) => missingDataset(request, node)))
      continue
    }
    const offered = models.find((candidate) => candidate.name === model)
    known[key] = factsOf(read, offered && (await counting(offered, backend)))
  }
  return { facts: { datasets: known, models }, diagnostics }
}

/** Undefined when tokens cannot be counted before the run; the compiler then does without. */
async function counting({ name, renderer }: ModelFacts, backend: OpenedBackend): Promise<Counting | undefined> {
  const files = await backend.tokenizerFiles(name).catch(() => null)
  const tokenizer = files && loadTokenizer(files)
  const made = tokenizer?.ok ? createRenderer(renderer, tokenizer.value) : null
  return made?.ok ? { model: name, renderer: made.value } : undefined
}

/** Everything outside the document that the compiler looks at: the server's models and the datasets' rows. */
import { factRequests } from '#src/compiler/factRequests.ts'
import { factsOf } from '#src/data/facts.ts'
import type { Counting } from '#src/data/facts.ts'
import { loadTokenizer } from '#src/tokenizers/loadTokenizer.ts'
import { answeredRows } from '#src/data/probeRows.ts'
import { createRenderer } from '#src/data/renderers/registry.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import type { DatasetFacts, Facts, ModelFacts } from '#src/ir/dataset.ts'
import { probeKey } from '#src/ir/rewardProbe.ts'
import type { ProbeRequest, RewardProbe } from '#src/ir/rewardProbe.ts'
import type { Registry } from '#src/kinds/registry.ts'
import { probeRewards } from '#src/rewards/probe.ts'
import type { OpenedBackend } from './backend.ts'
import type { Datasets } from './datasets.ts'

export async function gatherFacts(
  doc: GraphDoc,
  registry: Registry,
  backend: OpenedBackend,
  models: readonly ModelFacts[],
  datasets: Datasets,
): Promise<Facts> {
  const known: { [key: string]: DatasetFacts } = {}
  for (const { key, request, models: meeting } of factRequests(doc, registry)) {
    const read = await datasets.read(request)
    // The compiler says what is missing; there is nothing to tell it then.
    if (!read) continue
    const offered = models.filter((candidate) => meeting.includes(candidate.name))
    const countings = await Promise.all(offered.map((candidate) => counting(candidate, backend)))
    known[key] = factsOf(
      read,
      countings.filter((found) => found !== undefined),
    )
  }
  return { datasets: known, models }
}

/** The facts with what the graph's rewards give to answers whose worth is known. */
export async function withProbes(facts: Facts, requests: readonly ProbeRequest[], datasets: Datasets): Promise<Facts> {
  const probes: { [key: string]: RewardProbe } = {}
  for (const request of requests) {
    const read = await datasets.read(request.dataset)
    const probe = read && probeRewards(answeredRows(read.examples), request.rewards)
    if (probe) probes[probeKey(request)] = probe
  }
  return { ...facts, probes }
}

/** Undefined when tokens cannot be counted before the run; the compiler then does without. */
async function counting({ name, renderer }: ModelFacts, backend: OpenedBackend): Promise<Counting | undefined> {
  const files = await backend.tokenizerFiles(name).catch(() => null)
  const tokenizer = files && loadTokenizer(files)
  const made = tokenizer?.ok ? createRenderer(renderer, tokenizer.value) : null
  return made?.ok ? { model: name, renderer: made.value } : undefined
}

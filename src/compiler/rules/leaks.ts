/** Rows that a policy is measured on must not be among those it learned, whichever file they came in. Recipes §8 V32. */
import { canonicalJson } from '../../base/canonicalJson.ts'
import { indicesOfPart } from '../../base/rowPart.ts'
import type { Diagnostic } from '../../base/diagnostic.ts'
import { partsOf } from '../../ir/dataset.ts'
import type { DatasetFacts, DatasetSpec } from '../../ir/dataset.ts'
import type { PipelineConfig } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import { times } from './rule.ts'

type FactsOf = (spec: DatasetSpec) => DatasetFacts | null

const prompts = new WeakMap<DatasetFacts, Map<string, ReadonlySet<number>>>()

export function leaks(stages: readonly PipelineConfig[], factsOf: FactsOf): Diagnostic[] {
  const learned = new Map<string, readonly DatasetSpec[]>()
  const found: Diagnostic[] = []
  for (const stage of stages) {
    const before = [...new Set(stage.dependsOn.flatMap((parent) => learned.get(parent) ?? []))]
    if (stage.mode === 'evaluate') {
      learned.set(stage.id, before)
      found.push(...shared(stage, 'dataset', partsOf(stage.dataset), before, factsOf))
      continue
    }
    const own = [...before, ...partsOf(stage.dataset)]
    learned.set(stage.id, own)
    if (stage.mode === 'sft' && stage.heldout)
      found.push(...shared(stage, 'heldout', partsOf(stage.heldout), own, factsOf))
  }
  return found
}

function shared(
  stage: PipelineConfig,
  port: string,
  measured: readonly DatasetSpec[],
  trained: readonly DatasetSpec[],
  factsOf: FactsOf,
): Diagnostic[] {
  for (const spec of measured) {
    const asked = promptsOf(spec, factsOf)
    if (!asked || asked.size === 0) continue
    for (const other of trained) {
      // The very same rows are told about by the check of slices.
      if (sameSlice(spec, other)) continue
      const known = promptsOf(other, factsOf)
      if (!known) continue
      const both = common(asked, known)
      if (both === 0) continue
      const message = `${times(both, 'prompt')} of the ${asked.size.toLocaleString('en')} that “${stage.title}” measures on ${both === 1 ? 'is' : 'are'} among the rows trained on: the score flatters.`
      const related = [{ on: 'node', node: other.node } as const]
      return [
        compilerDiagnostic('CM3742', { on: 'port', node: stage.node, port }, message, {
          related,
          data: { shared: both },
        }),
      ]
    }
  }
  return []
}

/** By identity: the sets are made once per part, and counting them anew for every stage would be most of this rule. */
const counted = new WeakMap<ReadonlySet<number>, WeakMap<ReadonlySet<number>, number>>()

function common(asked: ReadonlySet<number>, known: ReadonlySet<number>): number {
  let counts = counted.get(asked)
  if (!counts) counted.set(asked, (counts = new WeakMap()))
  let both = counts.get(known)
  if (both === undefined) {
    both = 0
    for (const key of asked) if (known.has(key)) both++
    counts.set(known, both)
  }
  return both
}

/** Keys of the prompts of a part; null while they are unknown. */
function promptsOf(spec: DatasetSpec, factsOf: FactsOf): ReadonlySet<number> | null {
  const facts = factsOf(spec)
  const keys = facts?.content?.promptKeys
  if (!facts || !keys) return null
  const part = `${spec.part} ${spec.heldoutRows} ${spec.splitSeed} ${spec.limit}`
  let parts = prompts.get(facts)
  if (!parts) prompts.set(facts, (parts = new Map()))
  let set = parts.get(part)
  if (!set) {
    set = new Set(indicesOfPart(facts.usable, spec).map((i) => keys[i]!))
    parts.set(part, set)
  }
  return set
}

const sourceTexts = new WeakMap<DatasetSpec['source'], string>()

function sourceText(source: DatasetSpec['source']): string {
  let text = sourceTexts.get(source)
  if (text === undefined) sourceTexts.set(source, (text = canonicalJson(source)))
  return text
}

function sameSlice(a: DatasetSpec, b: DatasetSpec): boolean {
  const complementary = a.part !== b.part && a.part !== 'all' && b.part !== 'all'
  return !complementary && sourceText(a.source) === sourceText(b.source)
}

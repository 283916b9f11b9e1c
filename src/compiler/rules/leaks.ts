/** Rows that a policy is measured on must not be among those it learned, whichever file they came in. Recipes §8 V32. */
import { canonicalJson } from '../../base/canonicalJson.ts'
import { indicesOfPart } from '../../base/rowPart.ts'
import type { Diagnostic } from '../../base/diagnostic.ts'
import { partsOf } from '../../ir/dataset.ts'
import type { DatasetFacts, DatasetSpec } from '../../ir/dataset.ts'
import type { PipelineConfig } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import { partKey } from '../passes/stageRows.ts'
import { times } from './rule.ts'

type FactsOf = (spec: DatasetSpec) => DatasetFacts | null

const prompts = new WeakMap<DatasetFacts, Map<string, ReadonlySet<number>>>()

/** More pairs of sets than this are not looked at beforehand: walking the stages then costs less. */
const MOST_PAIRS = 4096

export function leaks(stages: readonly PipelineConfig[], factsOf: FactsOf): Diagnostic[] {
  return couldLeak(stages, factsOf) ? walked(stages, factsOf) : []
}

/** Whether any set that is measured on shares a prompt with any that is trained on, whatever lies before what. */
function couldLeak(stages: readonly PipelineConfig[], factsOf: FactsOf): boolean {
  const measured = new Set<DatasetSpec>()
  const trained = new Set<DatasetSpec>()
  for (const stage of stages) {
    if (stage.mode === 'evaluate') measured.add(stage.dataset)
    else trained.add(stage.dataset)
    if (stage.mode === 'sft' && stage.heldout) measured.add(stage.heldout)
  }
  if (measured.size * trained.size > MOST_PAIRS) return true
  const others = [...trained].flatMap(partsOf)
  return [...measured].flatMap(partsOf).some((spec) => others.some((other) => sharedBy(spec, other, factsOf) > 0))
}

function walked(stages: readonly PipelineConfig[], factsOf: FactsOf): Diagnostic[] {
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
    for (const other of trained) {
      const both = sharedBy(spec, other, factsOf)
      if (both === 0) continue
      const asked = promptsOf(spec, factsOf)!
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

/** Prompts that both have; none where one of the two is unknown. */
function sharedBy(measured: DatasetSpec, trained: DatasetSpec, factsOf: FactsOf): number {
  // The very same rows are told about by the check of slices.
  if (sameSlice(measured, trained)) return 0
  const asked = promptsOf(measured, factsOf)
  const known = promptsOf(trained, factsOf)
  return asked && known ? common(asked, known) : 0
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
  const part = partKey(spec)
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

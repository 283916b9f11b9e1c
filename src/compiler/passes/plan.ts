/** Pass 7: stages, decisions and estimates with the keys and the ways back to cards that make them a plan. */
import type { NodeId } from '../../base/ids.ts'
import type { DatasetSpec } from '../../ir/dataset.ts'
import { datasetKey } from '../../ir/datasetKey.ts'
import { planHashes } from '../../ir/hash.ts'
import type { HashMemo } from '../../ir/hash.ts'
import { planHash } from '../../ir/planHash.ts'
import { IR_VERSION } from '../../ir/pipelineConfig.ts'
import type { Plan, Variant } from '../../ir/pipelineConfig.ts'
import type { FlatDoc } from '../flatten/flatDoc.ts'
import { factsOfSpec } from './lower.ts'
import type { LoweredGraph } from './lower.ts'
import type { Verified } from './verify.ts'

export function planOf(
  title: string,
  flat: FlatDoc,
  { records, stages, decisions }: Verified,
  lowered: LoweredGraph,
  estimates: Plan['estimates'],
  memo: HashMemo,
): Plan {
  const fingerprints: { [dataset: string]: string } = {}
  const specs = new Set<DatasetSpec>()
  for (const record of records) for (const spec of record.specs) specs.add(spec)
  for (const spec of specs) {
    const known = factsOfSpec(lowered, spec)
    if (known) fingerprints[datasetKey(spec)] = known.fingerprint
  }
  const hashes = planHashes(stages, decisions, fingerprints, memo, records)
  const variants: { [stage: string]: readonly Variant[] } = {}
  if (flat.variants.size > 0) {
    for (const { id } of stages) {
      const own = flat.variants.get(id)
      if (own) variants[id] = own
    }
  }
  const cards = Object.fromEntries([...flat.cards].map(([node, card]) => [node, card as NodeId]))
  return {
    irVersion: IR_VERSION,
    title,
    stages,
    decisions,
    fingerprints,
    cards,
    variants,
    hashes,
    estimates,
    hash: planHash(hashes, memo.keys),
  }
}

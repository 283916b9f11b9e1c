/** Pass 7: stages, decisions and estimates with the keys and the ways back to cards that make them a plan. */
import type { NodeId } from '../../base/ids.ts'
import { datasetKey } from '../../ir/datasetKey.ts'
import { fingerprintsOf, planHash, planHashes } from '../../ir/hash.ts'
import type { HashMemo } from '../../ir/hash.ts'
import { IR_VERSION } from '../../ir/pipelineConfig.ts'
import type { Plan } from '../../ir/pipelineConfig.ts'
import type { FlatDoc } from '../flatten/flatDoc.ts'
import { factsOfSpec } from './lower.ts'
import type { LoweredGraph } from './lower.ts'
import { specsOfStage } from './stageRows.ts'
import type { Verified } from './verify.ts'

export function planOf(
  title: string,
  flat: FlatDoc,
  { stages, decisions }: Verified,
  lowered: LoweredGraph,
  estimates: Plan['estimates'],
  memo: HashMemo,
): Plan {
  const fingerprints: { [dataset: string]: string } = {}
  for (const spec of stages.flatMap(specsOfStage)) {
    const known = factsOfSpec(lowered, spec)
    if (known) fingerprints[datasetKey(spec)] = known.fingerprint
  }
  const hashes = planHashes(stages, decisions, fingerprintsOf(fingerprints), memo)
  const variants = Object.fromEntries(
    stages.flatMap(({ id }) => (flat.variants.has(id) ? [[id, flat.variants.get(id)!]] : [])),
  )
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
    hash: planHash(hashes),
  }
}

/** Content hashes of stages and plans: what would give the same weights has the same hash, whatever it is called or where it stands. */
import { canonicalSha256 } from '../base/canonicalJson.ts'
import { sha256Hex } from '../base/sha256.ts'
import { partsOf } from './dataset.ts'
import type { Decision, EvaluateStage, PipelineConfig, PolicySource } from './pipelineConfig.ts'
import { decisionContent } from './decisionContent.ts'
import { stageBytes } from './stageText.ts'
import type { Fingerprints, Hashes } from './stageText.ts'

/** The hash of a stage or decision, and the parents that it was made with; null while there is none. */
export type HashSlot = { parents: readonly string[] | null; hash: string }

export type DecisionHashes = WeakMap<Decision, HashSlot>

/** Remembers hashes of what is the same object with the same parents, for whoever compiles again and again. */
export type HashMemo = { readonly stages: readonly HashSlot[]; readonly decisions: DecisionHashes }

/**
 * Keys of stages and decisions: SHA-256 of what a stage's results depend on, with its parents' keys in place of their ids.
 * Titles, labels, node ids and the order of keys do not enter. A pinned stage has the key of the result that it is pinned to.
 * `stages` and `decisions` come in an order in which parents stand first.
 * @param memo slots for the stages, in their order, and for decisions
 */
export function planHashes(
  stages: readonly PipelineConfig[],
  decisions: readonly Decision[],
  fingerprint: Fingerprints,
  memo?: HashMemo,
): Hashes {
  const hashes: { [id: string]: string } = {}
  /** Filled anew for each: most are those that are known. */
  const parents: string[] = []
  const hashed = (item: PipelineConfig | Decision, slot: HashSlot | null): string => {
    if (slot) parentKeys(item, hashes, fingerprint, parents)
    if (slot?.parents && sameKeys(slot.parents, parents)) return slot.hash
    const hash =
      'type' in item
        ? canonicalSha256(decisionContent(item, hashes, measuredBy(item)))
        : sha256Hex(stageBytes(item, hashes, fingerprint))
    if (slot) {
      slot.parents = parents.slice()
      slot.hash = hash
    }
    return hash
  }
  let evaluations: ReadonlyMap<string, EvaluateStage> | null = null
  const measuredBy = ({ evaluation }: Decision): EvaluateStage | undefined => {
    evaluations ??= new Map(stages.flatMap((stage) => (stage.mode === 'evaluate' ? [[stage.id, stage]] : [])))
    return evaluations.get(evaluation)
  }
  let next = 0
  const decide = (): void => {
    for (; next < decisions.length && Object.hasOwn(hashes, decisions[next]!.evaluation); next++) {
      const decision = decisions[next]!
      hashes[decision.id] = hashed(decision, memo ? slotOf(decision, memo.decisions) : null)
    }
  }
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!
    hashes[stage.id] = stage.pin ?? hashed(stage, memo?.stages[i] ?? null)
    if (next < decisions.length) decide()
  }
  return hashes
}

function slotOf(decision: Decision, slots: DecisionHashes): HashSlot {
  let slot = slots.get(decision)
  if (!slot) slots.set(decision, (slot = { parents: null, hash: '' }))
  return slot
}

/** Puts the keys of everything that is only named by id into `keys`, to see whether a remembered hash still holds. */
function parentKeys(item: PipelineConfig | Decision, hashes: Hashes, fingerprint: Fingerprints, keys: string[]): void {
  keys.length = 0
  for (const { decision } of item.conditions) keys.push(hashes[decision] ?? '')
  if ('type' in item) {
    keys.push(hashes[item.evaluation] ?? '')
    if (item.type === 'best-of') for (const { source } of item.candidates) keys.push(sourceKey(source, hashes))
    return
  }
  if (item.mode === 'evaluate') for (const { source } of item.evaluation.policies) keys.push(sourceKey(source, hashes))
  else keys.push(sourceKey(item.start, hashes))
  for (const spec of partsOf(item.dataset)) keys.push(fingerprint(spec) ?? '')
  if (item.mode === 'sft' && item.heldout) {
    for (const spec of partsOf(item.heldout)) keys.push(fingerprint(spec) ?? '')
  }
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function sourceKey(source: PolicySource, hashes: Hashes): string {
  if (source.from === 'base') return ''
  return hashes[source.from === 'stage' ? source.stage : source.decision] ?? ''
}

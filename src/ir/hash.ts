/** Content hashes of stages and plans: what would give the same weights has the same hash, whatever it is called or where it stands. */
import { canonicalSha256 } from '../base/canonicalJson.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { Decision, EvaluateStage, PipelineConfig, PolicySource } from './pipelineConfig.ts'
import { decisionContent } from './decisionContent.ts'
import { freshKeyMemo } from './planHash.ts'
import type { KeyMemo } from './planHash.ts'
import { stageBytes } from './stageText.ts'
import type { Fingerprints, Hashes } from './stageText.ts'

/** The hash of a stage or decision, and the round in which somebody last saw that it holds. */
export type HashSlot = { hash: string; round: number }

function freshSlot(): HashSlot {
  return { hash: '', round: NEVER }
}

/** The round of what nobody has looked at. */
export const NEVER = -1

/** What is remembered from plan to plan, for whoever compiles again and again. */
export type HashMemo = {
  /** How many plans there were. */
  round: number
  fingerprints: Fingerprints
  readonly decisions: WeakMap<Decision, HashSlot>
  readonly keys: KeyMemo
}

export function freshHashMemo(): HashMemo {
  return { round: 0, fingerprints: {}, decisions: new WeakMap(), keys: freshKeyMemo() }
}

/**
 * Keys of stages and decisions: SHA-256 of what a stage's results depend on, with its parents' keys in place of their ids.
 * Titles, labels, node ids and the order of keys do not enter. A pinned stage has the key of the result that it is pinned to.
 * `stages` and `decisions` come in an order in which parents stand first.
 * @param slots for the stages, in their order: the same slot as long as a stage is the same object
 */
export function planHashes(
  stages: readonly PipelineConfig[],
  decisions: readonly Decision[],
  fingerprints: Fingerprints,
  memo: HashMemo = freshHashMemo(),
  slots: readonly HashSlot[] = stages.map(freshSlot),
): Hashes {
  const hashes: { [id: string]: string } = {}
  /** What has another hash than in the plan before, or was not in it. */
  const changed = new Set<string>()
  const sameRows = sameFingerprints(memo.fingerprints, fingerprints)
  const { round } = memo
  memo.round = round + 1
  memo.fingerprints = fingerprints
  const hashed = (item: PipelineConfig | Decision, slot: HashSlot): string => {
    const before = slot.round === round ? slot.hash : null
    slot.round = memo.round
    // It held in the plan before, and nothing that it names has another hash now.
    if (before !== null && sameRows && !namesAny(item, changed)) return before
    slot.hash =
      'type' in item
        ? canonicalSha256(decisionContent(item, hashes, measuredBy(item)))
        : (item.pin ?? sha256Hex(stageBytes(item, hashes, fingerprints)))
    if (slot.hash !== before) changed.add(item.id)
    return slot.hash
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
      hashes[decision.id] = hashed(decision, slotOf(decision, memo.decisions))
    }
  }
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!
    hashes[stage.id] = hashed(stage, slots[i]!)
    if (next < decisions.length) decide()
  }
  return hashes
}

function slotOf(decision: Decision, slots: WeakMap<Decision, HashSlot>): HashSlot {
  let slot = slots.get(decision)
  if (!slot) slots.set(decision, (slot = freshSlot()))
  return slot
}

function sameFingerprints(a: Fingerprints, b: Fingerprints): boolean {
  const keys = Object.keys(b)
  return Object.keys(a).length === keys.length && keys.every((key) => a[key] === b[key])
}

/** Whether one of the stages and decisions that stand in it by their ids is among these. */
function namesAny(item: PipelineConfig | Decision, ids: ReadonlySet<string>): boolean {
  if (ids.size === 0) return false
  for (const { decision } of item.conditions) if (ids.has(decision)) return true
  if ('type' in item) {
    if (ids.has(item.evaluation)) return true
    return item.type === 'best-of' && item.candidates.some(({ source }) => isAmong(source, ids))
  }
  if (item.mode !== 'evaluate') return isAmong(item.start, ids)
  for (const { source } of item.evaluation.policies) if (isAmong(source, ids)) return true
  return false
}

function isAmong(source: PolicySource, ids: ReadonlySet<string>): boolean {
  return source.from !== 'base' && ids.has(source.from === 'stage' ? source.stage : source.decision)
}

/** Run to here, from here, or only this: the part of a plan that is carried out, and what runs whatever is known of it. */
import type { StageId } from '../base/ids.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { Decision, PipelineConfig, Plan } from './pipelineConfig.ts'
import { planHash } from './planHash.ts'
import { provenanceOf } from './provenance.ts'

/** Nodes of the document (or of the plan, for what lies inside a group). */
export type Selection = {
  /** What the node needs, and the node itself. */
  readonly to?: string
  /** The node and all that follows, run anew; what they need is taken from earlier runs where it can be. */
  readonly from?: string
  /** The node alone, run anew. */
  readonly only?: string
}

export type Selected = { readonly plan: Plan; readonly asked: ReadonlySet<StageId> }

/** The error is a sentence: the node is not part of the plan. */
export function selectStages(plan: Plan, { to, from, only }: Selection): Result<Selected, string> {
  const asked = new Set<StageId>()
  let wanted = new Set(plan.stages.map((stage) => stage.id))
  if (to !== undefined) {
    const ends = stagesAt(plan, to)
    if (ends.size === 0) return err(notThere(to))
    wanted = withParents(plan, ends)
  }
  if (from !== undefined) {
    const starts = stagesAt(plan, from, 'uses')
    if (starts.size === 0) return err(notThere(from))
    const following = withChildren(plan, starts)
    for (const id of following) if (wanted.has(id)) asked.add(id)
    if (asked.size === 0) return err(`Nothing lies between ${from} and ${to}.`)
    wanted = withParents(plan, asked)
  }
  if (only !== undefined) {
    const chosen = stagesAt(plan, only)
    if (chosen.size === 0) return err(notThere(only))
    for (const id of chosen) asked.add(id)
    wanted = withParents(plan, chosen)
  }
  return ok({ plan: wanted.size === plan.stages.length ? plan : restricted(plan, wanted), asked })
}

/**
 * Stages that a node makes; else, for a checkpoint, those that save it; else those that use it. `uses` asks for the last
 * at once: everything that would change with the node.
 */
function stagesAt(plan: Plan, node: string, how: 'makes' | 'uses' = 'makes'): ReadonlySet<StageId> {
  const lies = (id: string): boolean => id === node || plan.cards[id] === node || id.startsWith(`${node}/`)
  const made = plan.stages.filter((stage) => lies(stage.node))
  const saved = plan.stages.filter((s) => s.mode !== 'evaluate' && s.checkpointing.some((c) => c.node && lies(c.node)))
  for (const found of [made, saved]) if (found.length > 0) return new Set(found.map((stage) => stage.id))
  const provenance = provenanceOf(plan)
  const nodes = [node, ...Object.keys(plan.cards).filter(lies)]
  const items = new Set(nodes.flatMap((id) => provenance.itemsOf(id)))
  const users = plan.stages.filter(
    (stage) => items.has(stage.id) || decisionsOf(plan, stage).some((d) => items.has(d.id)),
  )
  // What a decision looks at comes before it.
  const judged = plan.decisions.filter((d) => lies(d.node)).map((d) => d.evaluation)
  if (how === 'makes' && judged.length > 0) return new Set(judged)
  return new Set(users.map((stage) => stage.id))
}

function decisionsOf(plan: Plan, stage: PipelineConfig): readonly Decision[] {
  const sources = stage.mode === 'evaluate' ? stage.evaluation.policies.map((p) => p.source) : [stage.start]
  const policies = stage.mode === 'evaluate' ? stage.evaluation.policies : []
  const named = new Set<string>([
    ...sources.flatMap((source) => (source.from === 'decision' ? [source.decision] : [])),
    ...[...stage.conditions, ...policies.flatMap((p) => p.conditions)].map((c) => c.decision),
  ])
  return plan.decisions.filter((decision) => named.has(decision.id))
}

function withParents(plan: Plan, ends: ReadonlySet<StageId>): Set<StageId> {
  const found = new Set(ends)
  // Parents stand first, so one walk from the back sees every child before its parents.
  for (const stage of plan.stages.toReversed()) {
    if (found.has(stage.id)) for (const parent of stage.dependsOn) found.add(parent)
  }
  return found
}

function withChildren(plan: Plan, starts: ReadonlySet<StageId>): Set<StageId> {
  const found = new Set(starts)
  for (const stage of plan.stages) if (stage.dependsOn.some((parent) => found.has(parent))) found.add(stage.id)
  return found
}

function restricted(plan: Plan, wanted: ReadonlySet<StageId>): Plan {
  const stages = plan.stages.filter((stage) => wanted.has(stage.id))
  const decisions = plan.decisions.filter((decision) => wanted.has(decision.evaluation))
  const kept = new Set<string>([...stages, ...decisions].map((item) => item.id))
  const only = <T>(record: { readonly [id: string]: T }): { [id: string]: T } =>
    Object.fromEntries(Object.entries(record).filter(([id]) => kept.has(id)))
  const hashes = only(plan.hashes)
  const { estimates, variants } = plan
  return {
    ...plan,
    stages,
    decisions,
    hashes,
    estimates: only(estimates),
    variants: only(variants),
    hash: planHash(hashes),
  }
}

function notThere(node: string): string {
  return `The node ${node} is not part of the plan.`
}

/** Which cards of the document a plan's nodes and stages are. */
import { pathUp } from '../graph/nested.ts'
import type { PipelineConfig, Plan } from '../ir/pipelineConfig.ts'
import { leafPaths, placeIn } from '../ir/provenance.ts'

/** The card of the document behind a node of the plan. */
export function cardOf(plan: Plan, node: string): string {
  return plan.cards[node] ?? node
}

/** Cards from which any value of the stage comes, its own first: those of the document, and those inside their groups. */
export function cardsOf(plan: Plan, stage: PipelineConfig): readonly string[] {
  const nodes = leafPaths(stage).map((path) => placeIn(stage, path.split('.')).node)
  return [...new Set([stage.node, ...nodes].flatMap((node) => cardsAround(plan, node)))].filter((node) => node !== '')
}

/** The card of the document behind a node of the plan, then those inside it down to the node's own. */
export function cardsAround(plan: Plan, node: string): readonly string[] {
  return [cardOf(plan, node), ...[...pathUp(node)].reverse().slice(1)]
}

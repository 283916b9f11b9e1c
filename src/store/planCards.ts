/** Which cards of the document a plan's nodes and stages are. */
import type { GraphDoc } from '../graph/model.ts'
import { pathUp } from '../graph/nested.ts'
import type { Decision, PipelineConfig, Plan } from '../ir/pipelineConfig.ts'
import { leafPaths, placeIn } from '../ir/provenance.ts'

/** The card of the document behind a node of the plan. */
export function cardOf(plan: Plan, node: string): string {
  return plan.cards[node] ?? node
}

/** Cards from which any value of it comes, its own first: those of the document, and those inside their groups. */
export function cardsOf(plan: Plan, item: PipelineConfig | Decision): readonly string[] {
  const nodes = leafPaths(item).map((path) => placeIn(item, path.split('.')).node)
  return [...new Set([item.node, ...nodes].flatMap((node) => cardsAround(plan, node)))].filter((node) => node !== '')
}

/** The card that stands for a node of the plan in the drawing that is shown; where none does, its card of the document. */
export function shownCard(plan: Plan, node: string, shown: GraphDoc): string {
  return cardsAround(plan, node).findLast((id) => Object.hasOwn(shown.nodes, id)) ?? cardOf(plan, node)
}

/** The card of the document behind a node of the plan, then those inside it down to the node's own. */
export function cardsAround(plan: Plan, node: string): readonly string[] {
  return [cardOf(plan, node), ...[...pathUp(node)].reverse().slice(1)]
}

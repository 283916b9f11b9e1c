/** What a review of the plan says on each card. */
import type { Plan } from '../ir/pipelineConfig.ts'
import type { PlanReview, ReviewedStage } from '../services/runService.ts'
import { viewAnywhere } from './commands/levels.ts'
import type { Editor } from './editor.ts'
import { cardsAround } from './planCards.ts'
import type { CardMark } from './planReview.ts'
import { reasonText, reasonWords } from './rerunWords.ts'

/** What of several stages a card tells. */
const RANK: Readonly<Record<CardMark['state'], number>> = { current: 0, unknown: 1, stale: 2, lost: 3 }

export function marksOf(
  { plan, review }: { readonly plan: Plan; readonly review: PlanReview },
  editor: Pick<Editor, 'doc' | 'registry' | 'views'>,
): Map<string, CardMark> {
  const marks = new Map<string, CardMark>()
  for (const [i, stage] of plan.stages.entries()) {
    const reviewed = review.stages[i]
    const mark = reviewed && markOf(stage, reviewed, review.verified, plan, editor)
    if (!mark) continue
    for (const node of cardsAround(plan, stage.node)) {
      const known = marks.get(node)
      // A card with several stages, as of a sweep, is as stale as the first of them that is.
      if (!known || RANK[mark.state] > RANK[known.state]) marks.set(node, mark)
    }
  }
  return marks
}

function markOf(
  stage: Plan['stages'][number],
  { from, reasons, before }: ReviewedStage,
  verified: boolean,
  plan: Plan,
  editor: Pick<Editor, 'doc' | 'registry' | 'views'>,
): CardMark | null {
  const pinned = stage.pin !== null
  // Scores need no save.
  if (from !== null) return { state: verified || stage.mode === 'evaluate' ? 'current' : 'unknown', pinned, why: '' }
  if (pinned) return { state: 'lost', pinned, why: 'the pinned result is no longer there' }
  // What has never run is told by nothing: a card without a mark.
  if (before === null && reasons.every((reason) => reason.type === 'new')) return null
  const title = viewAnywhere(editor, stage.node)?.title ?? stage.title
  const words = reasons.map((reason) => reasonText(reasonWords(editor, plan, stage.id, reason), title))
  const more = words.length > 1 ? ` +${words.length - 1}` : ''
  const early = reasons[0]?.type === 'failed' || reasons[0]?.type === 'stopped'
  return { state: 'stale', pinned, why: `${words[0] ?? 'changed'}${more}`, ...(early ? { early } : {}) }
}

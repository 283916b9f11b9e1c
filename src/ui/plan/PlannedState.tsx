/** In one line under stages of the document's panel: whether it need not run, or why it does. */
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { StageId } from '#src/base/ids.ts'
import type { PipelineConfig, Plan } from '#src/ir/pipelineConfig.ts'
import { reasonText, reasonWords } from '#src/store/rerunWords.ts'
import { useEditor } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'

export function PlannedState({ stage }: { readonly stage: StageId }): ReactElement | null {
  const editor = useEditor()
  const { reviews } = useStores()
  const { known } = useSnapshot(reviews.state)
  const reviewed = known?.review.stages.find((s) => s.stage === stage)
  if (!known || !reviewed) return null
  const trains = known.plan.stages.find((s) => s.id === stage)?.mode !== 'evaluate'
  if (reviewed.from !== null && trains && !known.review.verified) {
    return <span className="block truncate text-xs text-faint">ran before; its save is not checked yet</span>
  }
  if (reviewed.from !== null) {
    return <span className="block truncate text-xs text-good">up to date: not run again</span>
  }
  const [reason] = reviewed.reasons
  if (!reason || reason.type === 'new') return null
  const title = known.plan.stages.find((s) => s.id === stage)?.title ?? null
  const words = reasonText(reasonWords(editor, known.plan as Plan, stage, reason), title)
  return (
    <span className="block truncate text-xs text-warn" title={words}>
      {reason.type === 'failed' || reason.type === 'stopped' ? words : `stale: ${words}`}
    </span>
  )
}

/** The same for stages that are folded: how many of them need not run. */
export function PlannedStates({ stages }: { readonly stages: readonly PipelineConfig[] }): ReactElement | null {
  const { known } = useSnapshot(useStores().reviews.state)
  if (!known) return null
  const left = new Set(known.review.stages.flatMap(({ stage, from }) => (from === null ? [] : [stage])))
  const reused = stages.filter(({ id }) => left.has(id)).length
  if (reused === 0) return null
  const words = reused === stages.length ? 'all' : `${reused} of ${stages.length}`
  // What a trainer saved may be gone by now; an evaluation's results are in the run's log.
  const sure = known.review.verified || stages.every(({ mode }) => mode === 'evaluate')
  return sure ? (
    <span className="block truncate text-xs text-good">{words} up to date: not run again</span>
  ) : (
    <span className="block truncate text-xs text-faint">{words} ran before; saves are not checked yet</span>
  )
}

/** What earlier runs mean for a card: up to date, or what has changed since; and whether its output is pinned. */
import { Check, CircleQuestionMark, Pin } from 'lucide-react'
import { useCallback, useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import type { CardMark } from '#src/store/planReview.ts'
import { useStores } from '../shell/useStores.ts'
import { Tip } from '../theme/Tip.tsx'
import { useCanvas } from './CanvasContext.ts'
import { useCardState } from './useCardState.ts'

export function useCardMark(id: string): CardMark | null {
  const { reviews } = useStores()
  return useSyncExternalStore(
    useCallback((listener) => reviews.subscribe(id, listener), [reviews, id]),
    () => reviews.markOf(id),
  )
}

/** In the header: a check for what need not run again, a pin for what must not. */
export function CardKept({ id, pinned }: { readonly id: string; readonly pinned: boolean }): ReactElement | null {
  const { editor } = useCanvas()
  const mark = useCardMark(id)
  const card = useCardState(id)
  if (pinned) {
    const lost = mark?.state === 'lost'
    return (
      <Tip
        text={lost ? `Pinned, but ${mark.why}: unpin it` : 'Pinned: keeps its result, whatever its settings say'}
        side="top"
      >
        <button
          type="button"
          tabIndex={-1}
          aria-label={lost ? 'Pinned to a result that is gone. Unpin' : 'Pinned. Unpin'}
          className="nodrag flex size-5 shrink-0 items-center justify-center rounded-md hover:bg-hover"
          onClick={(event) => {
            event.stopPropagation()
            editor.commands.run('node.unpin', { node: id })
          }}
        >
          <Pin size={13} fill="currentColor" className={lost ? 'text-bad' : 'text-accent-text'} aria-hidden />
        </button>
      </Tip>
    )
  }
  // A stage of the run that is shown says so by itself.
  if (card?.state.phase === 'finished') return null
  if (mark?.state === 'unknown') {
    const text =
      'An earlier run has this result; whether the server still has its save is asked when the plan is opened'
    return (
      <Tip text={text} side="top">
        <span className="flex shrink-0 items-center" role="img" aria-label="ran before, not checked">
          <CircleQuestionMark size={13} className="text-faint" aria-hidden />
        </span>
      </Tip>
    )
  }
  if (mark?.state !== 'current') return null
  return (
    <Tip text="Up to date: an earlier run has this result, it need not run again" side="top">
      <span className="flex shrink-0 items-center" role="img" aria-label="up to date">
        <Check size={14} className="text-good" aria-hidden />
      </span>
    </Tip>
  )
}

/** Above the card: why its stage would run again. */
export function CardStale({ id }: { readonly id: string }): ReactElement | null {
  const { editor } = useCanvas()
  const mark = useCardMark(id)
  const card = useCardState(id)
  const busy = card?.state.phase === 'running' && card.runPhase === 'running'
  if (!mark || mark.state === 'current' || mark.state === 'unknown' || busy) return null
  return (
    <Tip text={`Runs again: ${mark.why}`} side="top">
      <button
        type="button"
        tabIndex={-1}
        className="tg-card-stale nodrag"
        data-lost={mark.state === 'lost' ? '' : undefined}
        onClick={(event) => {
          event.stopPropagation()
          editor.selection.setNodes([id])
          editor.commands.run('plan.review')
        }}
      >
        {mark.early ? null : <b>stale</b>} {mark.why}
      </button>
    </Tip>
  )
}

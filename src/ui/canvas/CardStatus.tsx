import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import type { CardState } from '#src/store/cardStates.ts'
import { failureOf } from '#src/store/cardStates.ts'
import { useStores } from '../shell/useStores.ts'
import { Tip } from '../theme/Tip.tsx'
import { duration } from '../runs/timeWords.ts'
import { useCardMark } from './CardMark.tsx'
import { useCardState } from './useCardState.ts'
import { onSlowTick } from './slowTicks.ts'
import { paceOf, stepsDone } from './stageProgress.ts'

/** In the header: where the node's stage is in the run that is shown. */
export function CardStatus({ id }: { readonly id: string }): ReactElement | null {
  const card = useCardState(id)
  const mark = useCardMark(id)
  if (!card) return null
  return (
    <>
      {card.stale && mark === null ? (
        <Tip text="Changed since this run: run again to see what it does now" side="top">
          <span className="tg-chip-state text-warn" aria-label="changed since the run">
            changed
          </span>
        </Tip>
      ) : null}
      <Chip card={card} />
    </>
  )
}

function Chip({ card }: { readonly card: CardState }): ReactElement {
  const { state } = card
  switch (state.phase) {
    case 'queued': {
      const over = card.runPhase === 'finished' || card.runPhase === 'failed' || card.runPhase === 'stopped'
      return <span className="tg-chip-state text-faint">{over ? 'did not run' : 'queued'}</span>
    }
    case 'running':
      return card.runPhase === 'paused' || card.runPhase === 'interrupted' ? (
        <span className="tg-chip-state text-warn">{card.runPhase}</span>
      ) : (
        <Running card={card} total={state.totalSteps} from={state.fromStep} />
      )
    case 'finished':
      if (state.reusedFrom !== undefined) {
        return (
          <Tip text="The same stage has run before; its results are used again" side="top">
            <span className="tg-chip-state text-good">
              <b aria-hidden>✓</b> reused
            </span>
          </Tip>
        )
      }
      return (
        <Tip text={`Finished ${state.steps} of ${state.totalSteps} steps in ${took(state)}`} side="top">
          <span className="tg-chip-state text-good">
            <b aria-label="finished in">✓</b> {took(state)}
          </span>
        </Tip>
      )
    case 'failed':
      return (
        <Tip text={failureOf(card)?.message ?? 'Failed'} side="top">
          <span className="tg-chip-state text-bad">
            <b aria-hidden>✕</b> failed
          </span>
        </Tip>
      )
    case 'skipped':
      return (
        <Tip text={`Skipped: ${state.reason}`} side="top">
          <span className="tg-chip-state text-faint">skipped</span>
        </Tip>
      )
    case 'stopped':
      return <span className="tg-chip-state text-muted">stopped at {state.steps}</span>
  }
}

/** Step n of m and the time left, written into the page from the metric buffers without a render. */
function Running({
  card,
  total,
  from,
}: {
  readonly card: CardState
  readonly total: number
  readonly from: number
}): ReactElement {
  const { metrics } = useStores()
  const text = useRef<HTMLSpanElement>(null)
  const bar = useRef<HTMLSpanElement>(null)
  const { run, stage } = card

  useEffect(() => {
    let shown = -1
    return onSlowTick(() => {
      const done = Math.max(from, stepsDone(metrics, run, stage))
      if (done === shown || !text.current || !bar.current) return
      shown = done
      const pace = paceOf(metrics, run, stage)
      const left = pace === null || total <= done ? '' : ` · ${duration(pace * (total - done))}`
      text.current.textContent = total > 0 ? `${done}/${total}${left}` : 'running'
      bar.current.style.backgroundSize = `${total > 0 ? Math.min(100, (100 * done) / total) : 0}% 100%`
    })
  }, [metrics, run, stage, total, from])

  return (
    <>
      <span ref={text} className="tg-chip-state text-accent-text">
        {total > 0 ? `${from}/${total}` : 'running'}
      </span>
      <span ref={bar} className="tg-card-bar" />
    </>
  )
}

/** A coloured edge for cards seen from far away, where text cannot be read. */
export function FarStatus({ id }: { readonly id: string }): ReactElement | null {
  const card = useCardState(id)
  if (!card) return null
  const { phase } = card.state
  return (
    <span className="tg-far-status" data-phase={phase} aria-hidden>
      {phase === 'failed' ? '✕' : phase === 'finished' ? '✓' : null}
    </span>
  )
}

function took({ startedAt, endedAt }: { readonly startedAt: number; readonly endedAt: number }): string {
  return duration(endedAt - startedAt)
}

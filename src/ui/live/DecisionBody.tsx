/** On the card of a gate or a choice: what it came to in the run that is shown, and the score that decided. */
import { clsx } from 'clsx'
import { Check, X } from 'lucide-react'
import type { ReactElement, ReactNode } from 'react'
import { cardOf } from '#src/store/planCards.ts'
import { useShownRun } from '../runs/useShownRun.ts'

export function DecisionBody({
  id,
  otherwise,
}: {
  readonly id: string
  /** Stands there while nothing is decided. */
  readonly otherwise: string
}): ReactElement {
  const { state } = useShownRun()
  // Of several of one card, as in a sweep, the last that was decided.
  const decision = state?.plan.decisions.findLast(
    (d) => cardOf(state.plan, d.node) === id && Object.hasOwn(state.decisions, d.id),
  )
  const decided = decision && state?.decisions[decision.id]
  if (!decided) return <Line tone="text-faint">{otherwise}</Line>
  const { outcome, value } = decided
  if (outcome === null) return <Line tone="text-muted">nothing to decide on</Line>
  const gate = decision.type === 'gate'
  // Of equal scores the first policy is taken, which is no finding.
  const equal = gate ? [] : (state?.evaluations[decision.evaluation] ?? []).filter(({ score }) => score === value)
  const passed = outcome === 'passed'
  const Icon = gate && !passed ? X : Check
  return (
    <Line tone={gate && !passed ? 'text-warn' : 'text-good'}>
      <Icon size={13} strokeWidth={2.5} className="shrink-0" aria-hidden />
      <span className={clsx('truncate font-medium', gate || 'text-text')} title={outcome}>
        {gate ? (passed ? 'passes' : 'does not pass') : outcome}
      </span>
      {equal.length > 1 ? (
        <span className="shrink-0 text-warn" title="Of equal scores the first policy is taken.">
          tie of {equal.length}
        </span>
      ) : null}
      {value === null ? null : <span className="tabular ml-auto shrink-0 text-muted">{value.toFixed(3)}</span>}
    </Line>
  )
}

function Line({ tone, children }: { readonly tone: string; readonly children: ReactNode }): ReactElement {
  return <p className={`flex h-full min-w-0 items-center gap-1.5 text-xs ${tone}`}>{children}</p>
}

import type { ReactElement } from 'react'
import { useCardState } from '#src/ui/canvas/useCardState.ts'
import { PlannedStage } from '#src/ui/live/PlannedStage.tsx'
import { useShownRun } from '#src/ui/runs/useShownRun.ts'

/** Policies side by side as they are measured: bar, score, and the 95 % interval as a line. */
export default function EvaluateBody({ id }: { readonly id: string; readonly height: number }): ReactElement {
  const card = useCardState(id)
  const { state } = useShownRun()
  const results = (card && state?.evaluations[card.stage]) ?? []
  if (!card || results.length === 0) return <PlannedStage node={id} />
  const top = Math.max(1, ...results.map((r) => r.high))
  const percent = (value: number): string => `${(100 * Math.max(0, value)) / top}%`
  return (
    <ul className="flex h-full flex-col justify-center gap-1" aria-label="Scores">
      {results.map((r) => (
        <li
          key={r.label}
          className="grid grid-cols-[minmax(0,88px)_1fr_34px] items-center gap-2 text-2xs"
          title={`${r.label}: ${r.score.toFixed(3)}, 95 % interval ${r.low.toFixed(3)} to ${r.high.toFixed(3)}, ${r.n} rows`}
        >
          <span className="truncate text-muted">{r.label}</span>
          <span className="relative h-2.5 rounded-sm bg-sunken">
            <span className="absolute inset-y-0 left-0 rounded-sm bg-scores/45" style={{ width: percent(r.score) }} />
            <span
              className="absolute top-1/2 h-px -translate-y-1/2 bg-scores"
              style={{ left: percent(r.low), width: percent(r.high - Math.max(0, r.low)) }}
            />
          </span>
          <span className="tabular text-right font-semibold">{r.score.toFixed(2)}</span>
        </li>
      ))}
    </ul>
  )
}

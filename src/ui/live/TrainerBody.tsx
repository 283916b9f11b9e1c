import type { ReactElement } from 'react'
import { Sparkline } from '../canvas/Sparkline.tsx'
import { useCardState } from '../canvas/useCardState.ts'
import { LiveValue } from './LiveValue.tsx'
import { PlannedStage } from './PlannedStage.tsx'

type Watched = { readonly series: string; readonly label: string; readonly help?: string }

/** A trainer's card: its main value and curve while it runs and after; before, what the plan says it will do. */
export function TrainerBody({
  id,
  height,
  main,
  beside,
  color,
}: {
  readonly id: string
  readonly height: number
  readonly main: Watched
  readonly beside: Watched
  readonly color: string
}): ReactElement {
  const card = useCardState(id)
  if (!card || card.state.phase === 'queued') return <PlannedStage node={id} />
  const { run, stage } = card
  return (
    <div className="flex h-full items-center gap-3">
      <dl className="w-24 shrink-0 leading-tight">
        <dt className="text-2xs text-faint">{main.label}</dt>
        <dd className="text-[17px] leading-5 font-semibold">
          <LiveValue run={run} stage={stage} series={main.series} />
        </dd>
        {/* The number must never be cut, so the word gives way. */}
        <div className="mt-0.5 flex gap-1 text-2xs text-faint" title={beside.help}>
          <dt className="truncate">{beside.label}</dt>
          <dd className="shrink-0">
            <LiveValue run={run} stage={stage} series={beside.series} />
          </dd>
        </div>
      </dl>
      <Sparkline
        run={run}
        stage={stage}
        series={main.series}
        width={128}
        height={height - 14}
        color={color}
        label={`${main.label} over the steps`}
      />
    </div>
  )
}

import type { ReactElement } from 'react'
import { RewardProbe } from '#src/ui/data/RewardProbe.tsx'
import { LiveValue } from '#src/ui/live/LiveValue.tsx'
import { useShownRun } from '#src/ui/runs/useShownRun.ts'

/** Mean and spread of this grader in the stage that uses it and ran last; before a run, what the probe saw. */
export default function RewardBody({ id }: { readonly id: string; readonly height: number }): ReactElement {
  const { run, state } = useShownRun()
  const stage = state?.plan.stages.findLast(
    (s) => s.mode === 'rl' && s.rl.rewards.some((r) => r.node === id) && state.stages[s.id]?.phase !== 'queued',
  )
  if (!run || !stage) return <RewardProbe id={id} otherwise="Grades each answer" />
  return (
    <p className="flex h-full items-center gap-4 text-xs text-faint">
      <span>
        mean{' '}
        <span className="font-semibold text-text">
          <LiveValue run={run} stage={stage.id} series={`reward/${id}`} />
        </span>
      </span>
      <span>
        spread{' '}
        <span className="font-semibold text-text">
          <LiveValue run={run} stage={stage.id} series="reward/std" />
        </span>
      </span>
    </p>
  )
}

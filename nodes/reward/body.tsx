import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Facts } from '#src/ir/dataset.ts'
import { LiveValue } from '#src/ui/live/LiveValue.tsx'
import { useShownRun } from '#src/ui/runs/useShownRun.ts'
import { useStores } from '#src/ui/shell/useStores.ts'
import { ProbeCard } from './ProbeCard.tsx'

/** Mean and spread of this grader in the stage that uses it and ran last; before a run, what the probe saw. */
export default function RewardBody({ id }: { readonly id: string; readonly height: number }): ReactElement {
  const { run, state } = useShownRun()
  const stage = state?.plan.stages.findLast(
    (s) => s.mode === 'rl' && s.rl.rewards.some((r) => r.node === id) && state.stages[s.id]?.phase !== 'queued',
  )
  const { facts } = useStores()
  const known = useSnapshot(facts.state).facts as Facts
  if (!run || !stage) {
    const probe = Object.values(known.probes ?? {}).find(({ means }) => id in means)
    if (probe) return <ProbeCard id={id} probe={probe} />
    return <p className="flex h-full items-center text-xs text-faint">Grades each answer</p>
  }
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

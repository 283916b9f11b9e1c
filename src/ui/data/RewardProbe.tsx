/** Before a run: what the grader gives to answers whose worth is known. */
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Facts } from '#src/ir/dataset.ts'
import type { ProbedAnswer } from '#src/ir/rewardProbe.ts'
import { useStores } from '../shell/useStores.ts'
import { Tip } from '../theme/Tip.tsx'

const SHOWN: readonly { readonly kind: ProbedAnswer; readonly label: string; readonly tip: string }[] = [
  { kind: 'gold', label: 'right', tip: 'Mean reward of the rows’ own answers. It should be high.' },
  { kind: 'shuffled', label: 'wrong', tip: 'Mean reward of answers that belong to other rows. It should be low.' },
  { kind: 'echo', label: 'echo', tip: 'Mean reward for repeating the question.' },
  { kind: 'empty', label: 'empty', tip: 'Mean reward for saying nothing.' },
  { kind: 'truncated', label: 'cut', tip: 'Mean reward of the first half of the right answer.' },
]

/** Below it, what is right counts for nothing. */
const ALMOST_NOTHING = 0.05

/** `otherwise` stands there while nobody has looked, e.g. because the reward is not wired. */
export function RewardProbe({ id, otherwise }: { readonly id: string; readonly otherwise: string }): ReactElement {
  const { facts } = useStores()
  const known = useSnapshot(facts.state).facts as Facts
  const probe = Object.values(known.probes ?? {}).find(({ means }) => id in means)
  const means = probe?.means[id]
  // Blocked or advised against: what is right earns nothing.
  const worthless = means !== undefined && means.gold < ALMOST_NOTHING
  if (!means) return <p className="flex h-full items-center text-xs text-faint">{otherwise}</p>
  return (
    <dl
      aria-label={`What it gives, over ${probe.rows} rows`}
      className="tabular flex h-full items-center justify-between text-2xs text-faint"
    >
      {SHOWN.map(({ kind, label, tip }) => (
        <Tip key={kind} text={tip} side="top">
          <div className="flex flex-col items-center gap-0.5">
            <dd className={`font-semibold ${worthless && kind === 'gold' ? 'text-bad' : 'text-text'}`}>
              {shown(means[kind])}
            </dd>
            <div aria-hidden className="h-0.5 w-8 overflow-hidden rounded-full bg-line">
              <div
                className={kind === 'gold' ? 'h-full bg-good' : 'h-full bg-warn'}
                style={{ width: `${Math.min(1, Math.max(0, means[kind])) * 100}%` }}
              />
            </div>
            <dt>{label}</dt>
          </div>
        </Tip>
      ))}
    </dl>
  )
}

function shown(mean: number): string {
  return mean.toFixed(2)
}

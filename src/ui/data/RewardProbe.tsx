/** Before a run: what the grader gives to answers whose worth is known. */
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Facts } from '#src/ir/dataset.ts'
import { EARNS_NOTHING } from '#src/ir/probedForm.ts'
import type { ProbedAnswer, WrittenAnswers } from '#src/ir/rewardProbe.ts'
import { useNodeView } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'
import { Tip } from '../theme/Tip.tsx'

const SHOWN: readonly { readonly kind: ProbedAnswer; readonly label: string; readonly tip: string }[] = [
  { kind: 'gold', label: 'right', tip: 'Mean reward of the rows’ own answers. It should be high.' },
  { kind: 'shuffled', label: 'wrong', tip: 'Mean reward of answers that belong to other rows. It should be low.' },
  { kind: 'echo', label: 'echo', tip: 'Mean reward for repeating the question.' },
  { kind: 'empty', label: 'empty', tip: 'Mean reward for saying nothing.' },
  { kind: 'truncated', label: 'cut', tip: 'Mean reward of the first half of the right answer.' },
]

/** `otherwise` stands there while nobody has looked, e.g. because the reward is not wired. */
export function RewardProbe({ id, otherwise }: { readonly id: string; readonly otherwise: string }): ReactElement {
  const { facts } = useStores()
  const weight = useNodeView(id)?.params['weight']
  const known = useSnapshot(facts.state).facts as Facts
  const probe = Object.values(known.probes ?? {}).find(({ means }) => id in means)
  const means = probe?.means[id]
  if (!means) return <p className="flex h-full items-center text-xs text-faint">{otherwise}</p>
  // A penalty shall give right answers nothing, in no form.
  const pays = !(Number(weight) <= 0)
  const written = pays ? probe.written?.[id] : undefined
  // What is right earns nothing in any form.
  const worthless = pays && means.gold < EARNS_NOTHING && !written
  return (
    <div
      className={`tabular flex h-full flex-col justify-center text-2xs text-faint ${written ? 'gap-px leading-[12px]' : ''}`}
    >
      <dl aria-label={`What it gives, over ${probe.rows} rows`} className="flex items-center justify-between">
        {SHOWN.map(({ kind, label, tip }) => (
          <Tip key={kind} text={tip} side="top">
            <div className={`flex flex-col items-center ${written ? '' : 'gap-0.5'}`}>
              <dd className={`font-semibold ${worthless && kind === 'gold' ? 'text-bad' : 'text-text'}`}>
                {shown(means[kind])}
              </dd>
              {/* A card has room for three lines. */}
              {!written && (
                <div aria-hidden className="h-0.5 w-8 overflow-hidden rounded-full bg-line">
                  <div
                    className={kind === 'gold' ? 'h-full bg-good' : 'h-full bg-warn'}
                    style={{ width: `${Math.min(1, Math.max(0, means[kind])) * 100}%` }}
                  />
                </div>
              )}
              <dt>{label}</dt>
            </div>
          </Tip>
        ))}
      </dl>
      {written && <InForm id={id} written={written} />}
    </div>
  )
}

/** The rows' own answers earn nothing; this is what a model would have to write instead. */
function InForm({ id, written }: { readonly id: string; readonly written: WrittenAnswers }): ReactElement | null {
  const means = written.means[id]
  if (!means) return null
  const tip = `Right answers written in its form, like “${written.example}”, earn ${shown(means.gold)}, those of other rows ${shown(means.shuffled)}. The prompt must ask for the form.`
  return (
    <Tip text={tip} side="bottom">
      <p className="flex min-w-0 items-baseline gap-1.5 whitespace-nowrap">
        in the form <span className="font-semibold text-text">{shown(means.gold)}</span>
        <code className="min-w-0 truncate font-mono text-text">{written.example}</code>
      </p>
    </Tip>
  )
}

function shown(mean: number): string {
  return mean.toFixed(2)
}

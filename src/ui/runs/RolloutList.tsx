/** Sampled answers with their rewards, newest step first; groups side by side. Virtual, because a run makes thousands. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { clsx } from 'clsx'
import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import type { RunId } from '#src/base/ids.ts'
import type { PipelineConfig } from '#src/ir/pipelineConfig.ts'
import type { RolloutRecord } from '#src/ir/runEvent.ts'
import { useStores } from '../shell/useStores.ts'

type Group = {
  readonly key: string
  readonly step: number
  readonly policy: string | null
  readonly prompt: string
  readonly answer: string | null
  readonly members: readonly RolloutRecord[]
}

export function RolloutList({ run, stage }: { readonly run: RunId; readonly stage: PipelineConfig }): ReactElement {
  const { runs } = useStores()
  const rollouts = useSyncExternalStore(
    useCallback((listener) => runs.subscribeRollouts(run, listener), [runs, run]),
    () => runs.rolloutsOf(run, stage.id),
  )
  const [only, setOnly] = useState<'all' | 'good' | 'bad'>('all')
  const groups = useMemo(() => groupsOf(rollouts, only), [rollouts, only])
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: groups.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 84,
    overscan: 6,
    getItemKey: (index) => groups[index]!.key,
  })
  if (rollouts.length === 0) {
    return (
      <p className="p-4 text-xs text-muted">
        {stage.mode === 'sft'
          ? 'Supervised stages draw no answers. An evaluation or RL stage shows what the policy says.'
          : 'Answers appear with the first step.'}
      </p>
    )
  }
  return (
    <div className="flex h-full flex-col">
      <div className="flex h-8 shrink-0 items-center gap-1 border-b border-line px-2 text-2xs">
        {(['all', 'good', 'bad'] as const).map((choice) => (
          <button
            key={choice}
            type="button"
            aria-pressed={only === choice}
            className={clsx(
              'rounded-md px-1.5 py-0.5 text-muted hover:bg-hover',
              only === choice && 'bg-sunken text-text',
            )}
            onClick={() => setOnly(choice)}
          >
            {choice === 'all' ? 'All' : choice === 'good' ? 'Best in group' : 'Without reward'}
          </button>
        ))}
        <span className="tabular ml-auto text-faint">{rollouts.length.toLocaleString('en')} answers kept</span>
      </div>
      <div ref={scroller} className="min-h-0 flex-1 overflow-auto">
        <div className="relative w-full" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => (
            <div
              key={item.key}
              data-index={item.index}
              ref={rows.measureElement}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <GroupCard group={groups[item.index]!} />
            </div>
          ))}
        </div>
      </div>
    </div>
  )
}

function GroupCard({ group }: { readonly group: Group }): ReactElement {
  return (
    <article className="border-b border-line px-3 py-2">
      <header className="flex flex-wrap items-baseline gap-x-3 text-xs">
        <span className="tabular text-2xs text-faint">{group.policy ?? `step ${group.step}`}</span>
        <span className="font-medium break-words">{group.prompt}</span>
        {group.answer === null ? null : (
          <span className="text-muted">
            expects <span className="font-mono">{group.answer}</span>
          </span>
        )}
      </header>
      <ul className="mt-1 flex flex-wrap gap-1">
        {group.members.map((r) => (
          <li
            key={r.sample}
            title={`reward ${r.reward.toFixed(3)}${r.advantage === null ? '' : `, advantage ${r.advantage.toFixed(3)}`}, ${r.tokens} tokens, ${r.stopReason === 'stop' ? 'stopped' : 'cut off'}`}
            className={clsx(
              'flex max-w-full items-baseline gap-1.5 rounded-md border px-1.5 py-0.5 font-mono text-xs',
              r.reward > 0 ? 'border-good/40 bg-good-soft' : 'border-line bg-sunken text-muted',
            )}
          >
            <span className="truncate">{r.completion === '' ? '(nothing)' : r.completion}</span>
            <span className="tabular shrink-0 font-sans text-2xs text-muted">{r.reward.toFixed(2)}</span>
          </li>
        ))}
      </ul>
    </article>
  )
}

function groupsOf(rollouts: readonly RolloutRecord[], only: 'all' | 'good' | 'bad'): readonly Group[] {
  const byKey = new Map<string, Group & { members: RolloutRecord[] }>()
  for (const r of rollouts) {
    const key = `${r.step} ${r.group} ${r.policy ?? ''}`
    const group = byKey.get(key)
    if (group) group.members.push(r)
    else byKey.set(key, { key, step: r.step, policy: r.policy, prompt: r.prompt, answer: r.answer, members: [r] })
  }
  const groups = [...byKey.values()].reverse()
  if (only === 'all') return groups
  return groups
    .map((group) => {
      const best = Math.max(...group.members.map((r) => r.reward))
      return {
        ...group,
        members: group.members.filter((r) => (only === 'good' ? r.reward === best && best > 0 : r.reward <= 0)),
      }
    })
    .filter((group) => group.members.length > 0)
}

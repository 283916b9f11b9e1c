/** Sampled answers with their rewards: groups of RL, policies of an evaluation side by side. Virtual, for there are thousands. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { clsx } from 'clsx'
import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import type { RunId } from '#src/base/ids.ts'
import type { PipelineConfig } from '#src/ir/pipelineConfig.ts'
import type { RolloutRecord } from '#src/ir/runEvent.ts'
import { useStores } from '../shell/useStores.ts'
import { byPolicy, rolloutGroups } from './rolloutGroups.ts'
import type { RolloutFilter, RolloutGroup } from './rolloutGroups.ts'

const FILTERS: readonly { readonly id: RolloutFilter; readonly title: string; readonly help: string }[] = [
  { id: 'all', title: 'All', help: 'Every answer that is kept' },
  { id: 'mixed', title: 'Mixed', help: 'Prompts whose answers got different rewards' },
  { id: 'best', title: 'Best', help: 'The best answers to each prompt, if they got any reward' },
  { id: 'none', title: 'Without reward', help: 'Answers that got nothing' },
]

export function RolloutList({ run, stage }: { readonly run: RunId; readonly stage: PipelineConfig }): ReactElement {
  const { runs } = useStores()
  const rollouts = useSyncExternalStore(
    useCallback((listener) => runs.subscribeRollouts(run, listener), [runs, run]),
    () => runs.rolloutsOf(run, stage.id),
  )
  const [only, setOnly] = useState<RolloutFilter>('all')
  const groups = useMemo(() => rolloutGroups(rollouts, only), [rollouts, only])
  // Of a long stage only the newest answers are kept: then the first ones are missing.
  const cut = rollouts.length > 0 && (rollouts[0]!.step > 0 || rollouts[0]!.group > 0)
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
        {FILTERS.map(({ id, title, help }) => (
          <button
            key={id}
            type="button"
            title={help}
            aria-pressed={only === id}
            className={clsx('rounded-md px-1.5 py-0.5 text-muted hover:bg-hover', only === id && 'bg-sunken text-text')}
            onClick={() => setOnly(id)}
          >
            {title}
          </button>
        ))}
        <span className="tabular ml-auto truncate text-faint">
          {only === 'all' ? '' : `${groups.length.toLocaleString('en')} prompts of `}
          {cut ? 'the newest ' : ''}
          {rollouts.length.toLocaleString('en')} answers
        </span>
      </div>
      {groups.length === 0 ? <p className="p-4 text-xs text-muted">No answer fits this filter.</p> : null}
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

function GroupCard({ group }: { readonly group: RolloutGroup }): ReactElement {
  return (
    <article className="border-b border-line px-3 py-2">
      <header className="flex flex-wrap items-baseline gap-x-3 text-xs">
        {group.step === null ? null : <span className="tabular text-2xs text-faint">step {group.step}</span>}
        <span className="font-medium break-words">{group.prompt}</span>
        {group.answer === null ? null : (
          <span className="text-muted">
            expects <span className="font-mono">{group.answer}</span>
          </span>
        )}
      </header>
      <div className="mt-1 flex flex-wrap gap-x-4 gap-y-1">
        {byPolicy(group.members).map(({ policy, members }) => (
          <div key={policy ?? ''} className="flex max-w-full items-baseline gap-1.5">
            {policy === null ? null : <span className="shrink-0 text-2xs text-faint">{policy}</span>}
            <ul className="flex min-w-0 flex-wrap gap-1">
              {members.map((r) => (
                <Answer key={r.sample} rollout={r} />
              ))}
            </ul>
          </div>
        ))}
      </div>
    </article>
  )
}

function Answer({ rollout: r }: { readonly rollout: RolloutRecord }): ReactElement {
  const said = [
    `reward ${r.reward.toFixed(3)}`,
    ...(r.advantage === null ? [] : [`advantage ${r.advantage.toFixed(3)}`]),
    `${r.tokens} tokens`,
    r.stopReason === 'stop' ? 'stopped' : r.stopReason === 'length' ? 'cut off' : r.stopReason,
  ].join(', ')
  return (
    <li
      title={said}
      className={clsx(
        'flex max-w-full items-baseline gap-1.5 rounded-md border px-1.5 py-0.5 font-mono text-xs',
        r.reward > 0 ? 'border-good/40 bg-good-soft' : 'border-line bg-sunken text-muted',
      )}
    >
      <span className="line-clamp-3 min-w-0 break-words whitespace-pre-wrap">
        {r.completion === '' ? '(nothing)' : r.completion}
      </span>
      <span className="tabular shrink-0 font-sans text-2xs text-muted">
        {r.reward.toFixed(2)}
        {r.stopReason === 'length' ? ' · cut off' : ''}
      </span>
    </li>
  )
}

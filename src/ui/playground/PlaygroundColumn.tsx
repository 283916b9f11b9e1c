import { LoaderCircle, X } from 'lucide-react'
import { clsx } from 'clsx'
import { useEffect, useId, useRef } from 'react'
import type { ReactElement } from 'react'
import type { Column, Policy, Turn } from '#src/store/playground.ts'
import { useStores } from '../shell/useStores.ts'
import { Select } from '../inspector/controls/SelectControl.tsx'
import { IconButton } from '../theme/IconButton.tsx'
import { duration } from '../runs/timeWords.ts'

type Props = {
  readonly column: { readonly [K in keyof Column]: Column[K] }
  readonly policies: readonly Policy[]
  readonly closable: boolean
}

const key = (policy: Policy): string => policy.path ?? `base:${policy.model}`

export function PlaygroundColumn({ column, policies, closable }: Props): ReactElement {
  const { playground } = useStores()
  const id = useId()
  const talk = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // Only this column moves: scrolling the answer into view would also move its neighbours sideways.
    if (talk.current) talk.current.scrollTop = talk.current.scrollHeight
  }, [column.turns, column.asking])
  const known = policies.some((policy) => key(policy) === key(column.policy))
  return (
    <section aria-label={column.policy.label} className="flex min-w-56 flex-1 flex-col">
      <div className="flex shrink-0 items-center gap-1 p-2">
        <label htmlFor={id} className="sr-only">
          Policy
        </label>
        <Select
          id={id}
          value={key(column.policy)}
          options={[...(known ? [] : [column.policy]), ...policies].map((policy) => ({
            value: key(policy),
            label: policy.label,
          }))}
          onChange={(value) => {
            const policy = policies.find((p) => key(p) === value)
            if (policy) playground.choose(column.id, policy)
          }}
        />
        {closable ? (
          <IconButton label="Close this column" onClick={() => playground.remove(column.id)}>
            <X size={14} />
          </IconButton>
        ) : null}
      </div>
      <div ref={talk} className="min-h-0 flex-1 overflow-y-auto px-3 pb-2" aria-live="polite">
        {column.turns.length === 0 && column.asking === null ? (
          <p className="mt-1 px-1 text-xs text-faint">Nothing asked yet.</p>
        ) : null}
        {column.turns.map((turn, index) => (
          <TurnView key={index} turn={turn} />
        ))}
        {column.asking !== null ? (
          <LoaderCircle size={14} aria-label="Answering" className="mt-2 animate-spin text-muted" />
        ) : null}
      </div>
    </section>
  )
}

function TurnView({ turn }: { readonly turn: Turn }): ReactElement {
  if (turn.role === 'failure') return <p className="mt-2 text-xs text-bad">{turn.diagnostic.message}</p>
  const user = turn.role === 'user'
  return (
    <div className={clsx('mt-2 flex flex-col', user && 'items-end')}>
      <p
        className={clsx(
          'max-w-full rounded-lg px-2.5 py-1 break-words whitespace-pre-wrap',
          user ? 'bg-accent-soft' : 'bg-sunken',
        )}
      >
        {turn.content === '' ? <span className="text-faint">(nothing)</span> : turn.content}
      </p>
      {turn.role === 'assistant' ? (
        <span className="tabular mt-0.5 px-1 text-2xs text-faint">
          {turn.tokens} tokens · {duration(turn.ms)}
          {turn.stopReason === 'length' ? ' · cut off' : ''}
        </span>
      ) : null}
    </div>
  )
}

/** Bad days for practice: slow, refused and failing requests of the embedded backend, drawn from a seed. */
import { CloudLightning } from 'lucide-react'
import { useId, useState } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { MOST_TROUBLE } from '#src/store/embeddedCommands.ts'
import type { Trouble } from '#src/store/embedded.ts'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'
import { INPUT_CLASS } from '../inspector/controls/controlClasses.ts'

type Row = {
  readonly key: keyof Trouble
  readonly label: string
  readonly unit: string
  readonly help: string
  /** Shown value ÷ kept value. */
  readonly scale: number
}

const ROWS: readonly Row[] = [
  {
    key: 'latencyMs',
    label: 'Latency',
    unit: 'ms',
    help: 'Each request takes half to one and a half of it longer.',
    scale: 1,
  },
  {
    key: 'failRate',
    label: 'Requests that fail',
    unit: '%',
    help: 'Answered with 503: half before, half after the work was done.',
    scale: 100,
  },
  {
    key: 'operationFailRate',
    label: 'Operations that fail',
    unit: '%',
    help: 'Accepted, and failed later: a run ends by it.',
    scale: 100,
  },
  {
    key: 'rateLimit',
    label: 'Rate limit',
    unit: 'per second',
    help: 'More submissions are answered with 429; 0 is no limit.',
    scale: 1,
  },
  {
    key: 'queuePauseMs',
    label: 'Queue pauses',
    unit: 'ms',
    help: 'About this long, before one operation in eight.',
    scale: 1,
  },
  { key: 'seed', label: 'Seed', unit: '', help: 'The same seed gives the same days again.', scale: 1 },
]

/** What is offered to whoever has never had any: enough to be noticed, and a run still comes to its end. */
const SUGGESTED: Trouble = {
  latencyMs: 200,
  failRate: 0.05,
  operationFailRate: 0,
  rateLimit: 0,
  queuePauseMs: 2000,
  seed: 0,
}

export function TroubleSection(): ReactElement {
  const { embedded } = useStores()
  const { trouble } = useSnapshot(embedded.state)
  const [open, setOpen] = useState(trouble !== null)
  const headId = useId()
  return (
    <section aria-labelledby={headId} className="mt-4 border-t border-line pt-3">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h3 id={headId} className="font-medium">
            Bad days, for practice
          </h3>
          <p className="text-xs text-muted">See how runs take a slow and failing server.</p>
        </div>
        {open ? null : (
          <Button onClick={() => setOpen(true)} aria-expanded={false}>
            Set up
          </Button>
        )}
      </div>
      {trouble === null ? null : (
        <p
          className="mt-2 flex items-center gap-2 rounded-lg bg-warn-soft px-2.5 py-1.5 text-xs font-medium text-warn"
          role="status"
        >
          <CloudLightning size={14} className="shrink-0" aria-hidden /> On: {wordsOf(trouble)}
        </p>
      )}
      {open ? <TroubleForm key={JSON.stringify(trouble)} current={trouble} onOff={() => setOpen(false)} /> : null}
    </section>
  )
}

function TroubleForm({
  current,
  onOff,
}: {
  readonly current: Trouble | null
  readonly onOff: () => void
}): ReactElement {
  const { embedded } = useStores()
  const id = useId()
  const [draft, setDraft] = useState(() => {
    const from = current ?? SUGGESTED
    return Object.fromEntries(ROWS.map(({ key, scale }) => [key, String(round((from[key] ?? 0) * scale))]))
  })
  const values = Object.fromEntries(
    ROWS.map(({ key, scale }) => [key, Number(draft[key]) / scale]),
  ) as Required<Trouble>
  const nothing = ROWS.every(({ key }) => key === 'seed' || !(values[key] > 0))
  return (
    <form
      className="mt-2.5"
      onSubmit={(event) => {
        event.preventDefault()
        void embedded.practise(values)
      }}
    >
      <div className="grid grid-cols-2 gap-x-4 gap-y-2.5 max-sm:grid-cols-1">
        {ROWS.map(({ key, label, unit, help, scale }) => (
          <div key={key}>
            <label htmlFor={`${id}-${key}`} className="mb-0.5 block text-xs font-medium">
              {label}
            </label>
            <div className="flex items-center gap-2">
              <input
                id={`${id}-${key}`}
                aria-describedby={`${id}-${key}-help`}
                className={INPUT_CLASS}
                type="number"
                required
                min={0}
                max={MOST_TROUBLE[key] * scale}
                step={key === 'seed' ? 1 : 'any'}
                value={draft[key]}
                onChange={(event) => setDraft({ ...draft, [key]: event.target.value })}
              />
              {unit === '' ? null : <span className="shrink-0 text-xs text-muted">{unit}</span>}
            </div>
            <p id={`${id}-${key}-help`} className="mt-0.5 text-2xs text-muted">
              {help}
            </p>
          </div>
        ))}
      </div>
      <div className="mt-3 flex gap-2">
        <Button type="submit" look={current === null ? 'primary' : 'outline'} disabled={nothing}>
          {current === null ? 'Switch on' : 'Apply'}
        </Button>
        {current === null ? null : (
          <Button
            onClick={() => {
              onOff()
              void embedded.practise(null)
            }}
          >
            Switch off
          </Button>
        )}
      </div>
    </form>
  )
}

/** What is on, in a line: `latency 200 ms, requests that fail 5 %`. */
export function wordsOf(trouble: Trouble): string {
  const on = ROWS.filter(({ key }) => key !== 'seed' && (trouble[key] ?? 0) > 0)
  return on
    .map(({ key, label, unit, scale }) => `${label.toLowerCase()} ${round(trouble[key]! * scale)} ${unit}`)
    .join(', ')
}

/** A share of 0.07 is 7 %, not 7.000000000000001. */
function round(value: number): number {
  return Number(value.toPrecision(10))
}

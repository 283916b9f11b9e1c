import { useId } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { useStores } from '../shell/useStores.ts'
import { INPUT_CLASS } from '../inspector/controls/controlClasses.ts'

/** How answers are drawn, the same for all columns, so that only the policy differs. */
export function SamplingBar(): ReactElement {
  const { playground } = useStores()
  const state = useSnapshot(playground.state, { sync: true })
  const systemId = useId()
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-2.5 py-1.5 text-xs text-muted">
      <label htmlFor={systemId} className="shrink-0">
        System
      </label>
      <input
        id={systemId}
        className={`${INPUT_CLASS} -ml-2 max-w-72 min-w-24 flex-1`}
        placeholder="none"
        value={state.system}
        onChange={(event) => (playground.state.system = event.target.value)}
      />
      <Amount
        label="Temperature"
        value={state.temperature}
        min={0}
        max={2}
        step={0.1}
        onChange={(value) => (playground.state.temperature = value)}
      />
      <Amount
        label="Top-p"
        value={state.topP}
        min={0.05}
        max={1}
        step={0.05}
        onChange={(value) => (playground.state.topP = value)}
      />
      <Amount
        label="Max tokens"
        value={state.maxTokens}
        min={1}
        max={4096}
        step={1}
        onChange={(value) => (playground.state.maxTokens = Math.round(value))}
      />
    </div>
  )
}

function Amount({
  label,
  value,
  min,
  max,
  step,
  onChange,
}: {
  readonly label: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly step: number
  onChange(value: number): void
}): ReactElement {
  const id = useId()
  return (
    <span className="flex items-center gap-1.5">
      <label htmlFor={id} className="whitespace-nowrap">
        {label}
      </label>
      <input
        id={id}
        type="number"
        className={`${INPUT_CLASS} w-16`}
        min={min}
        max={max}
        step={step}
        defaultValue={value}
        onWheel={(event) => event.currentTarget.blur()}
        onChange={(event) => {
          const next = event.target.valueAsNumber
          if (next >= min && next <= max) onChange(next)
        }}
      />
    </span>
  )
}

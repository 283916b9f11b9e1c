import { ChevronDown } from 'lucide-react'
import type { ReactElement } from 'react'
import { INPUT_CLASS } from './controlClasses.ts'
import type { ControlProps } from './Control.tsx'

type Option = { readonly value: string; readonly label: string; readonly help?: string }

/** The platform's own list: keyboard, touch and screen readers know it. */
export function Select({
  id,
  described,
  value,
  options,
  onChange,
}: {
  readonly id: string
  readonly described?: string
  readonly value: string
  readonly options: readonly Option[]
  onChange(value: string): void
}): ReactElement {
  const known = options.some((option) => option.value === value)
  return (
    <div className="relative w-full">
      <select
        id={id}
        aria-describedby={described}
        className={`${INPUT_CLASS} appearance-none truncate pr-6`}
        value={value}
        title={options.find((option) => option.value === value)?.help}
        onChange={(event) => onChange(event.target.value)}
      >
        {known ? null : <option value={value}>{value}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value} title={option.help}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown size={13} aria-hidden className="pointer-events-none absolute top-2 right-2 text-faint" />
    </div>
  )
}

export function SelectControl({
  id,
  described,
  edit,
  options,
}: ControlProps & { readonly options: readonly Option[] }): ReactElement {
  return (
    <Select
      id={id}
      described={described}
      value={String(edit.value)}
      options={options}
      onChange={(value) => {
        edit.set(value)
        edit.done()
      }}
    />
  )
}

export function ChoiceControl({
  id,
  described,
  edit,
  options,
}: ControlProps & { readonly options: readonly number[] }): ReactElement {
  return (
    <Select
      id={id}
      described={described}
      value={String(edit.value)}
      options={options.map((option) => ({ value: String(option), label: String(option) }))}
      onChange={(value) => {
        edit.set(Number(value))
        edit.done()
      }}
    />
  )
}

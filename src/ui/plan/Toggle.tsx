import { Switch } from 'radix-ui'
import { useId } from 'react'
import type { ReactElement } from 'react'

/** A switch with its label beside it. */
export function Toggle({
  label,
  checked,
  onChange,
}: {
  readonly label: string
  readonly checked: boolean
  onChange(on: boolean): void
}): ReactElement {
  const id = useId()
  return (
    <span className="flex shrink-0 items-center gap-2">
      <Switch.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        className="h-[18px] w-8 shrink-0 rounded-full border border-line-strong bg-sunken transition-colors data-[state=checked]:border-accent data-[state=checked]:bg-accent"
      >
        <Switch.Thumb className="block size-3.5 translate-x-px rounded-full bg-muted transition-transform data-[state=checked]:translate-x-[14px] data-[state=checked]:bg-on-accent" />
      </Switch.Root>
      <label htmlFor={id} className="text-xs">
        {label}
      </label>
    </span>
  )
}

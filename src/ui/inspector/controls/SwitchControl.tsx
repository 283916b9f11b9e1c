import { Switch } from 'radix-ui'
import type { ReactElement } from 'react'
import type { ControlProps } from './Control.tsx'

export function SwitchControl({ id, described, edit }: ControlProps): ReactElement {
  return (
    <Switch.Root
      id={id}
      aria-describedby={described}
      checked={edit.value === true}
      onCheckedChange={(on) => {
        edit.set(on)
        edit.done()
      }}
      className="h-[18px] w-8 shrink-0 rounded-full border border-line-strong bg-sunken transition-colors data-[state=checked]:border-accent data-[state=checked]:bg-accent"
    >
      <Switch.Thumb className="block size-3.5 translate-x-px rounded-full bg-muted transition-transform data-[state=checked]:translate-x-[14px] data-[state=checked]:bg-on-accent" />
    </Switch.Root>
  )
}

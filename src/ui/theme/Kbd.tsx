import { clsx } from 'clsx'
import type { ReactElement, ReactNode } from 'react'

/** Keys as printed on a keyboard. */
export function Kbd({
  children,
  inverse = false,
}: {
  readonly children: ReactNode
  readonly inverse?: boolean
}): ReactElement {
  return (
    <kbd
      className={clsx(
        'rounded-sm px-1 font-sans text-2xs whitespace-nowrap tabular-nums',
        inverse ? 'opacity-70' : 'text-muted',
      )}
    >
      {children}
    </kbd>
  )
}

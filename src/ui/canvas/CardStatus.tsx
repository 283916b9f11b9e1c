import type { ReactElement } from 'react'

/** State of the node's stage in the run that is shown. */
export function CardStatus(_: { readonly id: string; readonly far?: boolean }): ReactElement | null {
  return null
}

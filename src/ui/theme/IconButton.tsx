import { clsx } from 'clsx'
import type { ButtonHTMLAttributes, ReactElement, ReactNode, Ref } from 'react'
import { Tip } from './Tip.tsx'

export type IconButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  /** Name for assistive technology, shown as a tip. */
  readonly label: string
  /** Keys as shown to people. */
  readonly keys?: string | undefined
  readonly pressed?: boolean
  readonly children: ReactNode
  readonly side?: 'top' | 'bottom' | 'left' | 'right'
  readonly ref?: Ref<HTMLButtonElement>
}

/** A square button of 28 px with an icon; its label is both its accessible name and its tip. */
export function IconButton({
  label,
  keys,
  pressed,
  children,
  className,
  side = 'bottom',
  ...rest
}: IconButtonProps): ReactElement {
  return (
    <Tip text={label} keys={keys} side={side}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={pressed}
        className={clsx(
          'inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted transition-colors select-none',
          'hover:bg-hover hover:text-text active:bg-press aria-pressed:bg-accent-soft aria-pressed:text-accent-text',
          'disabled:opacity-40 aria-disabled:opacity-40 aria-disabled:hover:bg-transparent',
          className,
        )}
        {...rest}
      >
        {children}
      </button>
    </Tip>
  )
}

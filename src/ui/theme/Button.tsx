import { clsx } from 'clsx'
import type { ButtonHTMLAttributes, ReactElement, Ref } from 'react'

export type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  /** `primary` is for the one action that a surface is about. */
  readonly look?: 'plain' | 'outline' | 'primary' | 'danger'
  readonly size?: 'sm' | 'md'
  readonly ref?: Ref<HTMLButtonElement>
}

const LOOKS = {
  plain: 'text-text hover:bg-hover active:bg-press',
  outline: 'border border-line-strong bg-panel text-text shadow-raised hover:bg-hover active:bg-press',
  primary: 'bg-accent text-on-accent shadow-raised hover:brightness-110 active:brightness-95',
  danger: 'border border-line-strong bg-panel text-bad shadow-raised hover:bg-bad-soft',
} as const

const SIZES = { sm: 'h-7 gap-1.5 px-2.5 text-xs', md: 'h-8 gap-2 px-3 text-sm' } as const

export function Button({ look = 'outline', size = 'sm', className, type, ...rest }: ButtonProps): ReactElement {
  return (
    <button
      type={type ?? 'button'}
      className={clsx(
        'inline-flex shrink-0 items-center justify-center rounded-md font-medium whitespace-nowrap transition-colors select-none',
        'disabled:pointer-events-none disabled:opacity-45 aria-disabled:opacity-45',
        LOOKS[look],
        SIZES[size],
        className,
      )}
      {...rest}
    />
  )
}

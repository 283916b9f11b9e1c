import { useRef } from 'react'
import type { KeyboardEvent, PointerEvent, ReactElement } from 'react'

const STEP = 16

/** The line between two panels: dragging it, or arrows on it, changes the size of the panel on one side. */
export function Split({
  label,
  axis,
  sign,
  size,
  min,
  max,
  onSize,
}: {
  readonly label: string
  /** `x` = a vertical line that is moved sideways. */
  readonly axis: 'x' | 'y'
  /** 1 when moving right or down makes the panel larger. */
  readonly sign: 1 | -1
  /** Of the panel, in CSS pixels. */
  readonly size: number
  readonly min: number
  readonly max: number
  onSize(size: number): void
}): ReactElement {
  const start = useRef<{ readonly at: number; readonly size: number } | null>(null)
  const set = (next: number): void => onSize(Math.round(Math.max(min, Math.min(max, next))))
  const at = (event: PointerEvent): number => (axis === 'x' ? event.clientX : event.clientY)

  function onKeyDown(event: KeyboardEvent): void {
    const less = axis === 'x' ? 'ArrowLeft' : 'ArrowUp'
    const more = axis === 'x' ? 'ArrowRight' : 'ArrowDown'
    if (event.key !== less && event.key !== more) return
    event.preventDefault()
    set(size + STEP * sign * (event.key === more ? 1 : -1))
  }

  return (
    <div
      role="separator"
      aria-label={label}
      aria-orientation={axis === 'x' ? 'vertical' : 'horizontal'}
      aria-valuenow={size}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      data-axis={axis}
      className="tg-split"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { at: at(event), size }
      }}
      onPointerMove={(event) => {
        if (start.current) set(start.current.size + (at(event) - start.current.at) * sign)
      }}
      onLostPointerCapture={() => void (start.current = null)}
    />
  )
}

import { useRef, useState } from 'react'
import type { KeyboardEvent, PointerEvent, ReactElement } from 'react'
import type { FieldControl } from '#src/kinds/contract.ts'
import { NUMBER_BOX_CLASS } from './controlClasses.ts'
import type { ControlProps } from './Control.tsx'
import { parseNumber, shownNumber, stepped } from './numberText.ts'

type NumberSpec = Extract<FieldControl, { type: 'number' }>

type Props = ControlProps & { readonly control: NumberSpec; readonly unit: string | undefined; readonly label: string }

/** Pixels of pointer travel for one step while scrubbing. */
const SCRUB_PX = 6

/**
 * A number typed as text: every value that fits is taken at once, others wait with their reason. ↑↓ step (Shift ×10,
 * Alt ×0.1); dragging the grip scrubs. The wheel never changes it.
 */
export function NumberControl({ id, described, edit, control, unit, label }: Props): ReactElement {
  const [typed, setTyped] = useState<string | null>(null)
  const scrub = useRef<{ x: number; value: number } | null>(null)
  const value = typeof edit.value === 'number' ? edit.value : control.min
  const text = typed ?? edit.draft ?? shownNumber(value)

  const beside = value === 0 && control.zero !== undefined ? control.zero : unit

  const type = (next: string): void => {
    setTyped(next)
    const parsed = parseNumber(next)
    edit.set(parsed ?? next, next)
  }
  const step = (by: number): void => {
    setTyped(null)
    edit.set(stepped(value, by, control))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault()
      const size = event.shiftKey ? 10 : event.altKey && !control.integer ? 0.1 : 1
      step(event.key === 'ArrowUp' ? size : -size)
    } else if (event.key === 'Enter') {
      setTyped(null)
      edit.done()
    }
  }
  const onPointerMove = (event: PointerEvent): void => {
    if (!scrub.current) return
    const travelled = (event.clientX - scrub.current.x) / SCRUB_PX
    const fine = event.shiftKey && !control.integer ? 0.1 : 1
    setTyped(null)
    edit.set(stepped(scrub.current.value, Math.trunc(travelled) * fine, control))
  }
  const endScrub = (): void => {
    scrub.current = null
    edit.done()
  }

  return (
    <div className={NUMBER_BOX_CLASS} data-invalid={edit.refusal === null ? undefined : ''}>
      <input
        id={id}
        inputMode={control.integer ? 'numeric' : 'decimal'}
        autoComplete="off"
        spellCheck={false}
        aria-describedby={beside ? `${id}-unit ${described}` : described}
        aria-invalid={edit.refusal !== null}
        className="h-full min-w-0 flex-1 bg-transparent pl-2 text-right text-sm text-text tabular outline-none"
        value={text}
        onChange={(event) => type(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => {
          setTyped(null)
          edit.done()
        }}
      />
      {beside ? (
        <span id={`${id}-unit`} className="shrink-0 pl-1.5 text-2xs whitespace-nowrap text-faint">
          {beside}
        </span>
      ) : null}
      <span
        aria-hidden
        title={`Drag to change ${label.toLowerCase()}; Shift for fine steps`}
        className="flex h-full w-4 shrink-0 cursor-ew-resize touch-none items-center justify-center text-faint select-none hover:text-text"
        onPointerDown={(event) => {
          event.preventDefault()
          event.currentTarget.setPointerCapture(event.pointerId)
          scrub.current = { x: event.clientX, value }
        }}
        onPointerMove={onPointerMove}
        onPointerUp={endScrub}
        onPointerCancel={endScrub}
      >
        ⁞
      </span>
    </div>
  )
}

import { cloneElement, useEffect, useRef, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { Kbd } from './Kbd.tsx'

type Side = 'top' | 'bottom' | 'left' | 'right'

type Props = { readonly 'data-tip'?: string; readonly 'aria-description'?: string; readonly 'aria-label'?: string }

/**
 * A tip on hover and keyboard focus. It only marks its child: the one `TipProvider` of the window shows them, so that a
 * hundred cards with badges cost nothing.
 */
export function Tip({
  text,
  keys,
  side = 'bottom',
  children,
}: {
  readonly text: string
  readonly keys?: string | undefined
  readonly side?: Side
  readonly children: ReactElement<Props>
}): ReactElement {
  return cloneElement(children, {
    'data-tip': text,
    ...(keys ? { 'data-tip-keys': keys } : {}),
    'data-tip-side': side,
    // A tip that repeats the name would be read twice.
    ...(children.props['aria-label'] === text ? {} : { 'aria-description': text }),
  } as Props)
}

type Shown = { readonly text: string; readonly keys: string | null; readonly side: Side; readonly at: DOMRect }

const DELAY_MS = 450
/** Moving on to the next button shows its tip at once. */
const WARM_MS = 300
const GAP = 6

/** Shows the tips of everything inside it. Once per window. */
export function TipProvider({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <>
      {children}
      <TipLayer />
    </>
  )
}

function TipLayer(): ReactElement | null {
  const [shown, setShown] = useState<Shown | null>(null)
  const box = useRef<HTMLDivElement>(null)

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let owner: Element | null = null
    let hiddenAt = 0

    function hide(): void {
      clearTimeout(timer)
      if (owner) hiddenAt = performance.now()
      owner = null
      setShown(null)
    }
    function show(target: HTMLElement): void {
      const text = target.dataset['tip']
      if (!text || !target.isConnected) return
      const side = (target.dataset['tipSide'] ?? 'bottom') as Side
      setShown({ text, keys: target.dataset['tipKeys'] ?? null, side, at: target.getBoundingClientRect() })
    }
    function onOver(event: PointerEvent): void {
      if (event.pointerType === 'touch') return
      const target = (event.target as Element).closest<HTMLElement>('[data-tip]')
      if (target === owner) return
      hide()
      if (!target) return
      owner = target
      timer = setTimeout(() => show(target), performance.now() - hiddenAt < WARM_MS ? 0 : DELAY_MS)
    }
    function onFocus(event: FocusEvent): void {
      const target = (event.target as Element).closest<HTMLElement>('[data-tip]')
      if (!target?.matches(':focus-visible')) return
      hide()
      owner = target
      timer = setTimeout(() => show(target), DELAY_MS)
    }
    function onKey(event: KeyboardEvent): void {
      if (event.key === 'Escape') hide()
    }

    document.addEventListener('pointerover', onOver)
    document.addEventListener('pointerdown', hide, { capture: true })
    document.addEventListener('focusin', onFocus)
    document.addEventListener('focusout', hide)
    document.addEventListener('keydown', onKey)
    document.addEventListener('wheel', hide, { capture: true, passive: true })
    return () => {
      hide()
      document.removeEventListener('pointerover', onOver)
      document.removeEventListener('pointerdown', hide, { capture: true })
      document.removeEventListener('focusin', onFocus)
      document.removeEventListener('focusout', hide)
      document.removeEventListener('keydown', onKey)
      document.removeEventListener('wheel', hide, { capture: true })
    }
  }, [])

  useEffect(() => {
    const element = box.current
    if (!element || !shown) return
    const { left, top } = place(shown, element.offsetWidth, element.offsetHeight)
    element.style.transform = `translate(${left}px, ${top}px)`
    element.style.visibility = 'visible'
  }, [shown])

  if (!shown) return null
  return (
    <div
      ref={box}
      role="tooltip"
      style={{ visibility: 'hidden' }}
      className="pointer-events-none fixed top-0 left-0 z-70 flex max-w-72 items-center gap-2 rounded-md bg-text px-2 py-1 text-xs text-app shadow-float select-none"
    >
      {shown.text}
      {shown.keys ? <Kbd inverse>{shown.keys}</Kbd> : null}
    </div>
  )
}

/** On the wanted side, on the other one where there is no room, and always inside the window. */
function place({ side, at }: Shown, width: number, height: number): { left: number; top: number } {
  const middle = { x: at.left + at.width / 2 - width / 2, y: at.top + at.height / 2 - height / 2 }
  const spots: Readonly<Record<Side, { left: number; top: number }>> = {
    top: { left: middle.x, top: at.top - GAP - height },
    bottom: { left: middle.x, top: at.bottom + GAP },
    left: { left: at.left - GAP - width, top: middle.y },
    right: { left: at.right + GAP, top: middle.y },
  }
  const other: Readonly<Record<Side, Side>> = { top: 'bottom', bottom: 'top', left: 'right', right: 'left' }
  const fits = (spot: { left: number; top: number }): boolean =>
    spot.left >= 4 && spot.top >= 4 && spot.left + width <= innerWidth - 4 && spot.top + height <= innerHeight - 4
  const spot = fits(spots[side]) ? spots[side] : fits(spots[other[side]]) ? spots[other[side]] : spots[side]
  const clamp = (value: number, size: number, room: number): number => Math.max(4, Math.min(value, room - size - 4))
  return { left: clamp(spot.left, width, innerWidth), top: clamp(spot.top, height, innerHeight) }
}

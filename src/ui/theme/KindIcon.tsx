/** Icons that node kinds name. Each is part of the first load, so only those in use are listed; another name gets the plain box. */
import {
  Box,
  Boxes,
  ChartColumn,
  CircleQuestionMark,
  Combine,
  Database,
  Filter,
  GraduationCap,
  Medal,
  Save,
  SlidersHorizontal,
  Spline,
  Star,
  StickyNote,
  Trophy,
  Variable,
} from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import { useLayoutEffect, useRef, useState } from 'react'
import type { ReactElement } from 'react'

const ICONS: Readonly<Record<string, LucideIcon>> = {
  box: Box,
  boxes: Boxes,
  'chart-column': ChartColumn,
  combine: Combine,
  database: Database,
  filter: Filter,
  'graduation-cap': GraduationCap,
  medal: Medal,
  save: Save,
  'sliders-horizontal': SlidersHorizontal,
  spline: Spline,
  star: Star,
  'sticky-note': StickyNote,
  trophy: Trophy,
  variable: Variable,
  missing: CircleQuestionMark,
}

export function KindIcon({ name, size = 15 }: { readonly name: string; readonly size?: number }): ReactElement {
  const Icon = ICONS[dashed(name)] ?? Box
  return <Icon size={size} strokeWidth={1.75} aria-hidden />
}

/** A grey that can be told from the cards of both themes, so that one image does for both. */
const CARD_GREY = '#7d828f'
const images = new Map<string, string>()

/**
 * The icon of a card, as an image: an inline SVG would be a group of its own for the compositor to sort in every frame of a
 * drag, on every card. The first card with an icon draws it and keeps what the browser made of it.
 */
export function CardIcon({ name, size }: { readonly name: string; readonly size: number }): ReactElement {
  const drawn = useRef<HTMLSpanElement>(null)
  const [, setDrawn] = useState('')
  useLayoutEffect(() => {
    const svg = drawn.current?.querySelector('svg')
    if (!svg) return
    const text = svg.outerHTML.replace(/currentColor/g, CARD_GREY)
    images.set(name, `data:image/svg+xml,${encodeURIComponent(text)}`)
    setDrawn(name)
  }, [name])
  const known = images.get(name)
  if (known) return <img src={known} width={size} height={size} alt="" draggable={false} />
  return (
    <span ref={drawn} className="flex">
      <KindIcon name={name} size={size} />
    </span>
  )
}

/** `GraduationCap` and `graduation-cap` are the same icon. */
function dashed(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()
}

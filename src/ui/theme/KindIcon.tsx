/** Icons that node kinds name. A kind with an icon that is not listed here gets the plain box. */
import {
  BookOpen,
  Box,
  Boxes,
  Brain,
  ChartColumn,
  ChartLine,
  ChartNoAxesColumn,
  CircleQuestionMark,
  Combine,
  Database,
  FileText,
  Filter,
  FlaskConical,
  GitBranch,
  GraduationCap,
  Layers,
  ListChecks,
  Medal,
  MessageSquare,
  Save,
  Scale,
  SlidersHorizontal,
  Sparkles,
  Spline,
  Star,
  StickyNote,
  Table,
  Trophy,
  Variable,
} from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import { useLayoutEffect, useRef, useState } from 'react'
import type { ReactElement } from 'react'

const ICONS: Readonly<Record<string, LucideIcon>> = {
  'bar-chart-3': ChartColumn,
  'bar-chart': ChartNoAxesColumn,
  'book-open': BookOpen,
  box: Box,
  boxes: Boxes,
  brain: Brain,
  'chart-column': ChartColumn,
  'chart-line': ChartLine,
  'chart-no-axes-column': ChartNoAxesColumn,
  combine: Combine,
  database: Database,
  'file-text': FileText,
  filter: Filter,
  'flask-conical': FlaskConical,
  'git-branch': GitBranch,
  'graduation-cap': GraduationCap,
  layers: Layers,
  'list-checks': ListChecks,
  medal: Medal,
  'message-square': MessageSquare,
  save: Save,
  scale: Scale,
  'sliders-horizontal': SlidersHorizontal,
  sparkles: Sparkles,
  spline: Spline,
  star: Star,
  'sticky-note': StickyNote,
  table: Table,
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
  const [image, setImage] = useState(images.get(name))
  useLayoutEffect(() => {
    const svg = drawn.current?.querySelector('svg')
    if (!svg) return
    const text = svg.outerHTML.replace(/currentColor/g, CARD_GREY)
    images.set(name, `data:image/svg+xml,${encodeURIComponent(text)}`)
    setImage(images.get(name))
  }, [name])
  const known = image ?? images.get(name)
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

import type { ReactElement } from 'react'

export type PortShape = 'circle' | 'square' | 'diamond' | 'triangle' | 'hexagon'

/** Outlines in a box of 12×12, centred: shape tells port types apart where colour does not. */
const OUTLINES: Readonly<Record<PortShape, string>> = {
  circle: 'M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9Z',
  square: 'M3 2h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1Z',
  diamond: 'M6 .9 11.1 6 6 11.1.9 6Z',
  triangle: 'M2.2 1.3 10.8 6 2.2 10.7Z',
  hexagon: 'M6 .8 10.5 3.4v5.200L6 11.2 1.5 8.6V3.4Z',
}

/** The sign of a port type. `filled` when something is connected. */
export function PortGlyph({
  shape,
  color,
  filled,
  size = 12,
}: {
  readonly shape: PortShape
  readonly color: string
  readonly filled: boolean
  readonly size?: number
}): ReactElement {
  return (
    <svg width={size} height={size} viewBox="0 0 12 12" aria-hidden className="block overflow-visible">
      <path
        d={OUTLINES[shape]}
        fill={filled ? color : 'var(--panel)'}
        stroke={color}
        strokeWidth={1.75}
        strokeLinejoin="round"
      />
    </svg>
  )
}

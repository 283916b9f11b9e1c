import type { CSSProperties, ReactElement } from 'react'

export type PortShape = 'circle' | 'square' | 'diamond' | 'triangle'

/** Side of the sign's box in CSS pixels; the shapes are optically the same size within it. */
const BOX = 12

/**
 * The sign of a port type: shape tells types apart where colour does not. `filled` when something is connected. Plain boxes
 * where that is possible: an inline SVG per port would give the compositor several times as much to sort in every frame of a
 * drag.
 */
export function PortGlyph({
  shape,
  color,
  filled,
}: {
  readonly shape: PortShape
  readonly color: string
  readonly filled: boolean
}): ReactElement {
  if (shape === 'triangle') return <Triangle color={color} filled={filled} />
  const side = shape === 'circle' ? 10.5 : shape === 'square' ? 9.5 : 8.5
  const style: CSSProperties = {
    width: side,
    height: side,
    margin: (BOX - side) / 2,
    borderColor: color,
    background: filled ? color : 'var(--panel)',
    ...(shape === 'circle' ? { borderRadius: '50%' } : { borderRadius: 1.5 }),
    ...(shape === 'diamond' ? { transform: 'rotate(45deg)' } : {}),
  }
  return <span aria-hidden className="block box-border border-[1.75px] border-solid" style={style} />
}

function Triangle({ color, filled }: { readonly color: string; readonly filled: boolean }): ReactElement {
  return (
    <svg width={BOX} height={BOX} viewBox={`0 0 ${BOX} ${BOX}`} aria-hidden className="block overflow-visible">
      <path
        d="M2.2 1.3 10.8 6 2.2 10.7Z"
        fill={filled ? color : 'var(--panel)'}
        stroke={color}
        strokeWidth={1.75}
        strokeLinejoin="round"
      />
    </svg>
  )
}

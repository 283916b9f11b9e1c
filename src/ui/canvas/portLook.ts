/** Port types as the theme shows them. */
import { portTypes } from '#nodes/_shared/portTypes.ts'
import type { PortType } from '#src/kinds/contract.ts'
import type { PortShape } from '../theme/PortGlyph.tsx'

export function portColor(type: PortType): string {
  return `var(--${portTypes[type].colour})`
}

export function portShape(type: PortType): PortShape {
  return portTypes[type].shape
}

export function portTypeLabel(type: PortType): string {
  return portTypes[type].label
}

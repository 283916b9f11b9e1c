/** Numbers as people type and read them. */
import type { FieldControl } from '#src/kinds/contract.ts'

export { shownNumber } from '#src/base/shownNumber.ts'

type NumberSpec = Extract<FieldControl, { type: 'number' }>

/** `1e-4`, `0,5`, `1 000`, `5%`: a number, or null when it is none. */
export function parseNumber(text: string): number | null {
  const squeezed = text.trim().replace(/[\s_\u00a0]/g, '')
  const percent = squeezed.endsWith('%')
  const plain = (percent ? squeezed.slice(0, -1) : squeezed).replace(/^([+-]?\d+),(\d+)$/, '$1.$2')
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return null
  const value = Number(plain)
  return Number.isFinite(value) ? (percent ? value / 100 : value) : null
}

/** `by` steps from a value, inside the range; log-scaled fields step by tenths of a decade of the leading digit. */
export function stepped(value: number, by: number, control: NumberSpec): number {
  const size =
    control.scale === 'log' && value > 0 ? 10 ** Math.floor(Math.log10(value) + (by < 0 ? -1e-9 : 0)) : control.step
  const raw = value + by * size
  const inside = Math.min(
    control.max,
    Math.max(control.scale === 'log' && raw <= 0 ? Math.max(control.min, value / 10) : control.min, raw),
  )
  return control.integer ? Math.round(inside) : Number(inside.toPrecision(6))
}

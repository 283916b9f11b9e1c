/** Small and large magnitudes in e-notation, others plainly; always read back to the same number. */
export function shownNumber(value: number): string {
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e7)) return value.toExponential().replace('e+', 'e')
  return String(value)
}

/** Numbers as people write them in summaries: 4e-4, 128, 0.05. */
export function brief(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 0.01 && size < 100_000) return String(Number(value.toPrecision(4)))
  return value
    .toExponential(3)
    .replace(/\.?0+e/, 'e')
    .replace('e+', 'e')
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}

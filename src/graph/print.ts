/** JSON for files that people compare: keys sorted, one fact per line, small pairs (positions, wire ends) on one line. */

/** Values are taken as they are; `undefined` members are left out. Ends with a line break. */
export function printJson(value: unknown): string {
  return `${print(value, '')}\n`
}

function print(value: unknown, indent: string): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map((item) => inner + print(item, inner)).join(',\n')}\n${indent}]`
  }
  const record = value as { readonly [key: string]: unknown }
  const keys = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort()
  if (keys.length === 0) return '{}'
  if (keys.length <= 2 && keys.every((key) => isScalar(record[key]))) {
    return `{ ${keys.map((key) => `${JSON.stringify(key)}: ${JSON.stringify(record[key])}`).join(', ')} }`
  }
  const members = keys.map((key) => `${inner}${JSON.stringify(key)}: ${print(record[key], inner)}`)
  return `{\n${members.join(',\n')}\n${indent}}`
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object'
}

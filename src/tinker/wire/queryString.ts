/** Query strings as the API reads them: absent values and empty text vanish, lists are joined by commas. */
type QueryValue = string | number | boolean | readonly (string | number)[] | null | undefined

export function queryString(query: Readonly<Record<string, QueryValue>>): string {
  const pairs: string[] = []
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue
    const text = Array.isArray(value) ? value.join(',') : String(value)
    pairs.push(`${encodeURIComponent(key)}=${encodeURIComponent(text)}`)
  }
  return pairs.join('&')
}

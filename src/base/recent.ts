/** What was made of the newest few records of plain data, for whoever meets equal ones over and over. */

/** Compared with so many. */
const KEPT = 8

export class Recent<T extends object, V> {
  readonly #kept: { readonly record: T; readonly made: V }[] = []
  #oldest = 0

  /** What was made of the same record or an equal one; undefined for one that is not among the newest. */
  find(record: T): V | undefined {
    for (const known of this.#kept) if (known.record === record || sameMembers(known.record, record)) return known.made
    return undefined
  }

  keep(record: T, made: V): void {
    this.#kept[this.#oldest] = { record, made }
    this.#oldest = (this.#oldest + 1) % KEPT
  }
}

/** Of plain data: members, and theirs, are the same values under the same keys. */
function sameMembers(a: object, b: object): boolean {
  let count = 0
  for (const key in a) {
    count++
    if (!sameValue((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false
  }
  for (const _ in b) count--
  return count === 0
}

function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b)
  return Array.isArray(a) === Array.isArray(b) && sameMembers(a, b)
}

/** Records that are made over and over with the same members become one: what is found out about it is found out once. */

/** Compared with so many of the newest. */
const KEPT = 8

/** @returns a function that gives back an equal record from before, where there is one, in place of the one just made */
export function createSharing<T extends object>(): (made: T) => T {
  const newest: T[] = []
  let oldest = 0
  return (made) => {
    for (const record of newest) if (sameMembers(record, made)) return record
    newest[oldest] = made
    oldest = (oldest + 1) % KEPT
    return made
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
  if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) return sameMembers(a, b)
  return Object.is(a, b)
}

/** Vitest 5's reporter calls three Node 22 functions; without them a failing test on Node 20 hides its assertion. */
type Grouping = { groupBy?: unknown; withResolvers?: unknown }

;(Map as Grouping).groupBy ??= <T, K>(items: Iterable<T>, key: (item: T, index: number) => K): Map<K, T[]> => {
  const groups = new Map<K, T[]>()
  let index = 0
  for (const item of items) {
    const k = key(item, index++)
    const group = groups.get(k)
    if (group) group.push(item)
    else groups.set(k, [item])
  }
  return groups
}
;(Object as Grouping).groupBy ??= <T>(
  items: Iterable<T>,
  key: (item: T, index: number) => string,
): Record<string, T[]> => {
  const groups: Record<string, T[]> = Object.create(null) as Record<string, T[]>
  let index = 0
  for (const item of items) (groups[key(item, index++)] ??= []).push(item)
  return groups
}
;(Promise as Grouping).withResolvers ??= function withResolvers<T>(): {
  promise: Promise<T>
  resolve: (value: T | PromiseLike<T>) => void
  reject: (reason?: unknown) => void
} {
  let resolve!: (value: T | PromiseLike<T>) => void
  let reject!: (reason?: unknown) => void
  const promise = new Promise<T>((a, b) => {
    resolve = a
    reject = b
  })
  return { promise, resolve, reject }
}

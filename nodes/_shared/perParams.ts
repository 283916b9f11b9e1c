/** Parts of a stage that follow from params alone: cards that are set alike share their params, and so the very same part. */
export function perParams<P extends object, T>(make: (params: P) => T): (params: P) => T {
  const made = new WeakMap<P, { readonly part: T }>()
  return (params) => {
    let known = made.get(params)
    if (!known) made.set(params, (known = { part: make(params) }))
    return known.part
  }
}

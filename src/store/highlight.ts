/** Nodes that something elsewhere points at, such as a row of the plan under the pointer. Cards hear of their own only. */
export type Highlight = {
  has(node: string): boolean
  set(nodes: Iterable<string>): void
  clear(): void
  subscribe(node: string, listener: () => void): () => void
}

export function createHighlight(): Highlight {
  const listeners = new Map<string, Set<() => void>>()
  let lit: ReadonlySet<string> = new Set()

  function set(nodes: Iterable<string>): void {
    const before = lit
    lit = new Set(nodes)
    for (const node of new Set([...before, ...lit])) {
      if (before.has(node) !== lit.has(node)) for (const listener of [...(listeners.get(node) ?? [])]) listener()
    }
  }

  return {
    has: (node) => lit.has(node),
    set,
    clear: () => set([]),
    subscribe(node, listener) {
      const own = listeners.get(node) ?? new Set()
      listeners.set(node, own)
      own.add(listener)
      return () => {
        own.delete(listener)
        if (own.size === 0 && listeners.get(node) === own) listeners.delete(node)
      }
    },
  }
}

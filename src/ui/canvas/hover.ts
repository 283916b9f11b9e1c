/** The wire under the pointer. Not in React state of the canvas: a hover renders two labels and nothing else. */
export type HoverStore = {
  edge(): string | null
  setEdge(id: string | null): void
  subscribe(listener: () => void): () => void
}

export function createHover(): HoverStore {
  let current: string | null = null
  const listeners = new Set<() => void>()
  return {
    edge: () => current,
    setEdge(id) {
      if (id === current) return
      current = id
      for (const listener of [...listeners]) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

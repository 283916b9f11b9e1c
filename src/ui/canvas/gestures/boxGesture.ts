/** Box selection: what is selected while the box grows, from what was selected before and the keys held. */
import type { Selection } from '#src/store/selection.ts'

export type BoxMode = 'replace' | 'add' | 'subtract'

export function boxMode(keys: { readonly shiftKey: boolean; readonly altKey: boolean }): BoxMode {
  return keys.altKey ? 'subtract' : keys.shiftKey ? 'add' : 'replace'
}

export function boxSelection(mode: BoxMode, before: Selection, inside: ReadonlySet<string>): Selection {
  switch (mode) {
    case 'replace':
      return { nodes: inside, edges: new Set() }
    case 'add':
      return { nodes: new Set([...before.nodes, ...inside]), edges: before.edges }
    case 'subtract':
      return { nodes: new Set([...before.nodes].filter((id) => !inside.has(id))), edges: before.edges }
  }
}

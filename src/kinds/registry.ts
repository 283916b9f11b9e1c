/** The kinds that a compile, a canvas or a test works with. An argument everywhere, never a global. */
import type { NodeKind } from './contract.ts'

export type Registry = {
  get(kind: string): NodeKind | undefined
  readonly all: readonly NodeKind[]
}

export function createRegistry(kinds: readonly NodeKind[]): Registry {
  const byId = new Map<string, NodeKind>()
  for (const kind of kinds) {
    if (byId.has(kind.kind)) throw new Error(`two node kinds are called ${kind.kind}`)
    byId.set(kind.kind, kind)
  }
  return { get: (kind) => byId.get(kind), all: [...byId.values()] }
}

/** All node kinds, found by folder: adding a kind is adding `nodes/<kind>/index.ts`. */
import type { NodeKind } from '#src/kinds/contract.ts'
import { createRegistry } from '#src/kinds/registry.ts'
import type { Registry } from '#src/kinds/registry.ts'

const modules = import.meta.glob<{ readonly default: NodeKind }>('./*/index.ts', { eager: true })

export function createDefaultRegistry(): Registry {
  return createRegistry(
    Object.keys(modules)
      .sort()
      .map((path) => modules[path]!.default),
  )
}

/** How the document's rules see nodes through a registry: their ports and their names. */
import type { GraphLens } from '../graph/connect.ts'
import type { NodeRec } from '../graph/model.ts'
import type { NodeKind, PortSpec } from './contract.ts'
import type { Registry } from './registry.ts'
import { upgradeParams } from './upgrade.ts'

export type KindLens = GraphLens & { ports(node: NodeRec): readonly PortSpec[] | null }

const lenses = new WeakMap<Registry, KindLens>()

export function lensOf(registry: Registry): KindLens {
  let lens = lenses.get(registry)
  if (!lens) lenses.set(registry, (lens = makeLens(registry)))
  return lens
}

/** The person's title, else the kind's, else the kind's id. */
export function titleOf(node: NodeRec, kind: NodeKind | undefined): string {
  return node.title || kind?.title || node.kind
}

function makeLens(registry: Registry): KindLens {
  const ports = new WeakMap<object, readonly PortSpec[]>()
  return {
    name: (node) => titleOf(node, registry.get(node.kind)),
    ports(node) {
      const kind = registry.get(node.kind)
      if (!kind) return null
      // Params keep their identity while a card moves, so this is asked once per edit of params.
      let known = ports.get(node.params)
      if (!known) ports.set(node.params, (known = portsOf(kind, node)))
      return known
    },
  }
}

/** Ports of params that do not parse are those of the defaults, so that wires stay while a value is being mended. */
function portsOf(kind: NodeKind, node: NodeRec): readonly PortSpec[] {
  const upgraded = upgradeParams(kind, node)
  const parsed = upgraded.ok ? kind.parse(upgraded.value, { on: 'node', node: node.id }) : upgraded
  return kind.ports(parsed.ok ? parsed.value : kind.defaults)
}

/** Groups become the nodes inside them: wires at a group's port go on to the ports that it stands for. */
import type { EdgeId, NodeId } from '../../base/ids.ts'
import type { EdgeRec, NodeRec } from '../../graph/model.ts'
import type { GroupContent } from '../../kinds/contract.ts'
import { withGiven } from '../../kinds/given.ts'
import type { Registry } from '../../kinds/registry.ts'
import { canonicalJson } from '../../base/canonicalJson.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { ReadParams } from './flatten.ts'
import { remade } from './flatDoc.ts'
import type { Work } from './flatDoc.ts'

/** More nodes than any drawing of a person has; a guard against files made to be too large. */
const MOST_NODES = 100_000
const MOST_WIRES = 1_000_000

export function inlineGroups(work: Work, registry: Registry, read: ReadParams): void {
  const waiting = [...work.nodes.values()]
  const reached = new Map<string, GroupContent>()
  for (let i = 0; i < waiting.length; i++) {
    const node = waiting[i]!
    const kind = registry.get(node.kind)
    // One that is muted or bypassed is left out as a whole, later.
    if (!kind?.inside || node.mode !== undefined) continue
    const params = read(node, kind)
    if (!params) continue
    const content = kind.inside(params)
    if (work.nodes.size + Object.keys(content.nodes).length > MOST_NODES) {
      const message = `The groups of this drawing hold more than ${MOST_NODES} nodes.`
      work.diagnostics.push(compilerDiagnostic('CM3605', { on: 'document' }, message))
      return
    }
    reached.set(node.id, content)
    waiting.push(...open(work, registry, node, content))
  }
  if (reached.size > 0) rewire(work, reached)
}

function open(work: Work, registry: Registry, group: NodeRec, content: GroupContent): readonly NodeRec[] {
  const card = work.cards.get(group.id) ?? group.id
  work.nodes.delete(group.id)
  const made: NodeRec[] = []
  for (const [key, inner] of Object.entries(content.nodes)) {
    const id = within(group.id, key)
    const values = content.values.filter((value) => value.node === key)
    const bindings = { ...inner.bindings }
    for (const { field, key: promoted } of values) {
      const bound = group.bindings?.[promoted]
      if (bound !== undefined) bindings[field] = bound
      // A group inside another one shows its fields only through that one's card.
      const shown = work.cards.has(group.id) ? work.promoted.get(`${group.id}\n${promoted}`) : promoted
      if (shown !== undefined) work.promoted.set(`${id}\n${field}`, shown)
    }
    const params = Object.fromEntries(values.map(({ field, value }) => [field, value]))
    const node = remade(work.memo, id, inner, canonicalJson([params, bindings]), () => ({
      ...withGiven(registry, group, content, key, inner),
      id,
    }))
    work.nodes.set(id, node)
    work.cards.set(id, card)
    made.push(node)
  }
  for (const edge of Object.values(content.edges)) {
    const id = within(group.id, edge.id) as string as EdgeId
    const from = { node: within(group.id, edge.from.node), port: edge.from.port }
    work.edges.push({ id, from, to: { node: within(group.id, edge.to.node), port: edge.to.port } })
  }
  return made
}

/** A port of a group may lead to a port of a group inside it, and so on. */
function rewire(work: Work, groups: ReadonlyMap<string, GroupContent>): void {
  const wires: EdgeRec[] = []
  const waiting = [...work.edges]
  for (let i = 0; i < waiting.length && waiting.length <= MOST_WIRES; i++) {
    const edge = waiting[i]!
    const source = innerPorts(groups, edge.from.node, edge.from.port, 'out')
    const target = innerPorts(groups, edge.to.node, edge.to.port, 'in')
    if (!source && !target) {
      wires.push(edge)
      continue
    }
    for (const [s, from] of (source ?? [edge.from]).entries()) {
      for (const [t, to] of (target ?? [edge.to]).entries()) {
        const id = (s + t === 0 ? edge.id : `${edge.id}/${s}/${t}`) as EdgeId
        waiting.push({ id, from, to })
      }
    }
  }
  work.edges = wires
}

function innerPorts(
  groups: ReadonlyMap<string, GroupContent>,
  node: string,
  port: string,
  direction: 'in' | 'out',
): readonly EdgeRec['from'][] | null {
  const found = groups.get(node)?.ports.find((p) => p.key === port && p.direction === direction)
  return found ? found.inner.map((inner) => ({ node: within(node, inner.node), port: inner.port })) : null
}

/** No id of a document holds a slash, so these are free. */
function within(group: string, inner: string): NodeId {
  return `${group}/${inner}` as NodeId
}

/** The two cards of an opened group that stand for its ports: wires at the group's inputs go on from one, those to its outputs end at the other. */
import type { Json } from '../base/canonicalJson.ts'
import { ok } from '../base/result.ts'
import type { EdgeId, NodeId } from '../base/ids.ts'
import { bareId, railId, within } from '../graph/nested.ts'
import type { EdgeRec, GraphDoc, NodeRec, Params, PortRef } from '../graph/model.ts'
import type { GroupContent, NodeKind, PortSpec } from './contract.ts'
import type { Registry } from './registry.ts'

/** A port of a group as its rail holds it, seen from outside. */
export type RailPort = Omit<PortSpec, 'help' | 'direction'>

export type RailParams = { readonly ports: readonly RailPort[] }

const SIZE = { width: 200, height: 72 }
/** Room between a rail and the cards beside it. */
const GAP = 96
const GRID = 8

/** Kinds that no document holds and no palette lists. */
export const railKinds: ReadonlyMap<string, NodeKind> = new Map(
  [
    railKind(
      'group-inputs',
      'Inputs',
      'in',
      'What comes into the group: each wire at an input of its card goes on here.',
    ),
    railKind(
      'group-outputs',
      'Outputs',
      'out',
      'What the group hands on: each output of its card takes one wire here.',
    ),
  ].map((kind) => [kind.kind, kind]),
)

function railKind(kind: string, title: string, direction: 'in' | 'out', description: string): NodeKind {
  return {
    kind,
    version: 1,
    title,
    group: 'annotate',
    icon: 'boxes',
    synonyms: [],
    description,
    size: SIZE,
    defaults: { ports: [] },
    parse: (raw) => ok(raw),
    migrations: [],
    fields: [],
    ports: (params) =>
      (params as RailParams).ports.map(({ key, label, type }) => ({
        key,
        label,
        type,
        direction: direction === 'in' ? 'out' : 'in',
        required: false,
        multiple: false,
        help:
          direction === 'in' ? `What is wired to “${label}” of the group.` : `What “${label}” of the group hands on.`,
      })),
    lower: () => ({ outputs: {}, diagnostics: [] }),
    summary: (params) => {
      if ((params as RailParams).ports.length === 0) return 'none yet'
      return direction === 'in' ? 'from outside the group' : 'to outside the group'
    },
  }
}

export function railPorts(rail: NodeRec | undefined): readonly RailPort[] {
  return ((rail?.params as RailParams | undefined)?.ports ?? []) as readonly RailPort[]
}

/** Both rails of a group whose other nodes are given. */
export function railsOf(
  registry: Registry,
  group: string,
  ports: readonly PortSpec[],
  places: GroupContent['places'],
  nodes: readonly NodeRec[],
): readonly NodeRec[] {
  return (['in', 'out'] as const).map((direction) => ({
    id: railId(group, direction),
    kind: direction === 'in' ? 'group-inputs' : 'group-outputs',
    kindVersion: 1,
    title: '',
    params: {
      ports: ports
        .filter((port) => port.direction === direction)
        .map(({ key, label, type, required, multiple }) => ({ key, label, type, required, multiple })) as Json,
    } satisfies Params,
    position: places[direction] ?? besideNodes(registry, direction, nodes),
  }))
}

/** Left and right of all cards, until somebody moves it. */
function besideNodes(registry: Registry, direction: 'in' | 'out', nodes: readonly NodeRec[]): NodeRec['position'] {
  if (nodes.length === 0) return { x: direction === 'in' ? 0 : SIZE.width + 3 * GAP, y: 0 }
  const y = Math.min(...nodes.map(({ position }) => position.y))
  const x =
    direction === 'in'
      ? Math.min(...nodes.map(({ position }) => position.x)) - GAP - SIZE.width
      : Math.max(...nodes.map(({ position, kind }) => position.x + (registry.get(kind)?.size.width ?? SIZE.width))) +
        GAP
  return { x: Math.round(x / GRID) * GRID, y: Math.round(y / GRID) * GRID }
}

/** The wires between the rails and the nodes inside: what each port of the group reaches. */
export function railWires(group: string, ports: GroupContent['ports']): readonly EdgeRec[] {
  return ports.flatMap(({ key, direction, inner }) =>
    inner.map((ref): EdgeRec => {
      const rail: PortRef = { node: railId(group, direction), port: key }
      const node: PortRef = { node: within<NodeId>(group, ref.node), port: ref.port }
      const id = within<EdgeId>(group, `@${direction}:${key}:${ref.node}:${ref.port}`)
      return direction === 'in' ? { id, from: rail, to: node } : { id, from: node, to: rail }
    }),
  )
}

/** Back again: what a port reaches in a drawing, those that it reached before first. A wire from rail to rail reaches nothing. */
export function reachedBy(
  group: string,
  drawing: Pick<GraphDoc, 'nodes' | 'edges'>,
  direction: 'in' | 'out',
  key: string,
  before: readonly PortRef[],
): readonly PortRef[] {
  const rail = railId(group, direction)
  const other = railId(group, direction === 'in' ? 'out' : 'in')
  const found = Object.values(drawing.edges).flatMap(({ from, to }): readonly PortRef[] => {
    const [near, far] = direction === 'in' ? [from, to] : [to, from]
    if (near.node !== rail || near.port !== key || far.node === other || far.node === rail) return []
    return Object.hasOwn(drawing.nodes, far.node) ? [{ node: bareId(far.node), port: far.port }] : []
  })
  const same = (a: PortRef, b: PortRef): boolean => a.node === b.node && a.port === b.port
  const kept = before.filter((ref) => found.some((other_) => same(ref, other_)))
  return [...kept, ...found.filter((ref) => !kept.some((other_) => same(ref, other_)))]
}

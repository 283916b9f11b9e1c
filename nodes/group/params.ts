/** Params of a group: the drawing inside, the ports that reach in, and the params of inner nodes that its card shows. */
import * as v from 'valibot'
import type { Diagnostic, Locus } from '#src/base/diagnostic.ts'
import type { Result } from '#src/base/result.ts'
import { err, ok } from '#src/base/result.ts'
import type { Json } from '#src/base/canonicalJson.ts'
import type { GraphDoc, Params } from '#src/graph/model.ts'
import { readRecords } from '#src/graph/readRecords.ts'
import type { PortType, RailPlaces } from '#src/kinds/contract.ts'
import { kindDiagnostic } from '#nodes/_shared/codes.ts'

export type GroupParams = {
  graph: { nodes: GraphDoc['nodes']; edges: GraphDoc['edges'] }
  ports: readonly {
    key: string
    label: string
    type: PortType
    direction: 'in' | 'out'
    required: boolean
    multiple: boolean
    inner: readonly { node: string; port: string }[]
  }[]
  promoted: readonly { key: string; label: string; node: string; field: string }[]
  /** Values of promoted params by key; one that is absent is as it is inside. */
  values: { readonly [key: string]: Json }
  /** Where the cards of its inputs and outputs lie among the nodes inside, once somebody has worked there. */
  places: RailPlaces
}

export const groupDefaults: GroupParams = {
  graph: { nodes: {}, edges: {} },
  ports: [],
  promoted: [],
  values: {},
  places: {},
}

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200))
const record = v.record(v.string(), v.unknown())

const schema = v.strictObject({
  graph: v.strictObject({ nodes: record, edges: record }),
  ports: v.pipe(
    v.array(
      v.strictObject({
        key: name,
        label: name,
        type: v.picklist(['dataset', 'policy', 'reward', 'scores']),
        direction: v.picklist(['in', 'out']),
        required: v.boolean(),
        multiple: v.boolean(),
        inner: v.array(v.strictObject({ node: name, port: name })),
      }),
    ),
    v.check((ports) => new Set(ports.map((port) => port.key)).size === ports.length, 'ports with different keys'),
  ),
  promoted: v.array(v.strictObject({ key: name, label: name, node: name, field: name })),
  values: record,
  places: record,
})

export function parseGroup(raw: Params, at: Locus & { on: 'node' }): Result<GroupParams, readonly Diagnostic[]> {
  const parsed = v.safeParse(schema, { ...groupDefaults, ...pick(raw) })
  if (!parsed.success) {
    const issue = parsed.issues[0]
    const place = v.getDotPath(issue) ?? 'the group'
    const message = `The group cannot be read: at ${place} ${issue.expected ?? 'another value'} was expected, not ${issue.received}.`
    return err([kindDiagnostic('KD2704', at, message)])
  }
  const { graph, ports, promoted, values, places } = parsed.output
  const report: Diagnostic[] = []
  const { nodes, edges } = readRecords(graph, report)
  const stranger = [...ports.flatMap((port) => port.inner), ...promoted].find(({ node }) => !Object.hasOwn(nodes, node))
  if (stranger) {
    const message = `The group refers to a node inside it that is not there (${stranger.node}).`
    return err([kindDiagnostic('KD2704', at, message)])
  }
  return ok({
    graph: { nodes, edges },
    ports,
    promoted,
    values: values as GroupParams['values'],
    places: { ...placeOf('in', places), ...placeOf('out', places) },
  })
}

/** A place that is none is left to the canvas. */
function placeOf(side: 'in' | 'out', places: { readonly [side: string]: unknown }): RailPlaces {
  const { x, y } = (places[side] ?? {}) as { readonly x?: unknown; readonly y?: unknown }
  return Number.isFinite(x) && Number.isFinite(y) ? { [side]: { x, y } } : {}
}

/** Members that a group does not have are reported by the compiler as unknown params. */
function pick(raw: Params): Params {
  return Object.fromEntries(Object.entries(raw).filter(([key]) => Object.hasOwn(groupDefaults, key)))
}

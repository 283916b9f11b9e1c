/** What a card shows of a node, computed once per record: kind, parsed params, title, summary, ports with their places. */
import type { Scalar } from '../ir/pipelineConfig.ts'
import type { FieldSpec, NodeKind, PortSpec } from '../kinds/contract.ts'
import type { Registry } from '../kinds/registry.ts'
import type { GraphDoc, NodeRec, Params } from '../graph/model.ts'
import { edgesInto, edgesOutOf, nodeOf } from '../graph/query.ts'
import { lensOf, titleOf } from '../kinds/lens.ts'
import type { KindLens } from '../kinds/lens.ts'
import { refusalOf } from '../kinds/refusal.ts'
import { upgradeParams } from '../kinds/upgrade.ts'
import { cardGeometry } from './cardGeometry.ts'
import type { CardGeometry } from './cardGeometry.ts'
import { fieldViews } from './fieldView.ts'
import type { FieldViews } from './fieldView.ts'
import { boundValues } from './parameters.ts'

export type NodeView = {
  readonly rec: NodeRec
  /** Null for a kind that this installation does not know. */
  readonly kind: NodeKind | null
  /** The person's title or the kind's own. */
  readonly title: string
  readonly kindTitle: string
  readonly icon: string
  /**
   * Parsed params, with what bound fields take from graph parameters; where the stored ones do not parse, the default of
   * each that does not fit its field.
   */
  readonly params: Readonly<Record<string, unknown>>
  /** What the inspector edits: the kind's fields, or for a group the promoted ones. */
  readonly fields: readonly FieldSpec[]
  /** What each of them shows; those of `bound` come from their parameter. */
  readonly values: Readonly<Record<string, unknown>>
  /** Values of fields that are bound to a parameter that is there. */
  readonly bound: Readonly<Record<string, Scalar>>
  readonly summary: string
  readonly geometry: CardGeometry
}

export type NodeViews = {
  /** Same record and same broken wires, same object. */
  of(doc: GraphDoc, id: string): NodeView | null
  /** What the fields would show if none were bound to a parameter. */
  own(doc: GraphDoc, id: string): FieldViews | null
}

const NO_PORTS: readonly PortSpec[] = []
const MISSING_WIDTH = 264
/** Room for the sentence that says so. */
const MISSING_TEXT_HEIGHT = 56

/** @param whole the document around the drawings that are asked about, if they are parts of one: parameters count in all of it */
export function createNodeViews(registry: Registry, whole: (() => GraphDoc) | null = null): NodeViews {
  const cache = new WeakMap<NodeRec, { readonly brokenKey: string; readonly view: NodeView }>()
  const NOTHING_BOUND = {}
  const lens = lensOf(registry)
  // Handles are declared from the geometry: while its ports stay the same, so must its identity.
  const geometries = new WeakMap<readonly PortSpec[], { readonly brokenKey: string; readonly geometry: CardGeometry }>()

  function geometryOf(
    kind: NodeKind | null,
    ports: readonly PortSpec[],
    broken: readonly PortSpec[],
    brokenKey: string,
  ): CardGeometry {
    if (!kind) return missingGeometry(broken)
    const known = geometries.get(ports)
    if (known && known.brokenKey === brokenKey) return known.geometry
    const geometry = cardGeometry(kind.size, ports, broken)
    geometries.set(ports, { brokenKey, geometry })
    return geometry
  }

  return {
    own(doc, id) {
      const rec = nodeOf(doc, id)
      const kind = rec && registry.get(rec.kind)
      return kind ? fieldViews(registry, kind, paramsOf(kind, rec)) : null
    },
    of(doc, id) {
      const rec = nodeOf(doc, id)
      if (!rec) return null
      const kind = registry.get(rec.kind) ?? null
      const ports: readonly PortSpec[] = kind ? portSpecs(lens, rec) : NO_PORTS
      const broken = brokenPorts(doc, rec, ports)
      const bound = rec.bindings ? boundValues(whole?.() ?? doc, registry, rec) : NOTHING_BOUND
      const portsKey = broken.map((p) => `${p.direction} ${p.key}`).join('\n')
      const brokenKey = rec.bindings ? `${portsKey}\n${JSON.stringify(bound)}` : portsKey
      const known = cache.get(rec)
      if (known && known.brokenKey === brokenKey) return known.view
      const view = describe(registry, kind, rec, bound, geometryOf(kind, ports, broken, portsKey))
      cache.set(rec, { brokenKey, view })
      return view
    },
  }
}

function describe(
  registry: Registry,
  kind: NodeKind | null,
  rec: NodeRec,
  bound: Readonly<Record<string, Scalar>>,
  geometry: CardGeometry,
): NodeView {
  const params = kind ? effectiveParams(kind, rec, bound) : rec.params
  const shown = kind ? fieldViews(registry, kind, params) : { fields: [], values: params }
  return {
    rec,
    kind,
    title: titleOf(rec, kind ?? undefined),
    kindTitle: kind?.title ?? rec.kind,
    icon: kind?.icon ?? 'missing',
    params,
    ...shown,
    bound,
    summary: kind ? kind.summary(params) : '',
    geometry,
  }
}

/** As the compiler will see them: what is bound takes the parameter's value, in a group by way of its promoted fields. */
function effectiveParams(
  kind: NodeKind,
  rec: NodeRec,
  bound: Readonly<Record<string, Scalar>>,
): Readonly<Record<string, unknown>> {
  const values = Object.entries(bound)
  if (!kind.edits) return paramsOf(kind, values.length === 0 ? rec : { ...rec, params: { ...rec.params, ...bound } })
  return values.reduce((params, [key, value]) => kind.edits!.withValue(params, key, value), paramsOf(kind, rec))
}

/** A node whose kind is unknown has the ports that wires name, and a sentence instead of a summary. */
function missingGeometry(ports: readonly PortSpec[]): CardGeometry {
  const { summaryTop } = cardGeometry({ width: MISSING_WIDTH, height: 0 }, [], ports)
  return cardGeometry({ width: MISSING_WIDTH, height: summaryTop + MISSING_TEXT_HEIGHT }, [], ports)
}

function portSpecs(lens: KindLens, rec: NodeRec): readonly PortSpec[] {
  return (lens.ports(rec) ?? NO_PORTS) as readonly PortSpec[]
}

function paramsOf(kind: NodeKind, rec: NodeRec): Record<string, unknown> {
  const upgraded = upgradeParams(kind, rec)
  if (!upgraded.ok) return kind.defaults
  const parsed = kind.parse(upgraded.value, { on: 'node', node: rec.id })
  return parsed.ok ? parsed.value : readable(kind, upgraded.value, rec)
}

/**
 * Params that are refused as a whole, one by one: what fits its own field stays as it is stored, so that a person sees and
 * can mend what was chosen (a grader by pattern whose pattern is still empty); only the misfits have their default.
 */
function readable(kind: NodeKind, stored: Params, rec: NodeRec): Record<string, unknown> {
  const values: Record<string, unknown> = { ...kind.defaults }
  for (const field of kind.fields) {
    if (!Object.hasOwn(stored, field.key)) continue
    const value = stored[field.key]!
    const alone = { ...(kind.defaults as Params), [field.key]: value }
    const composite = field.control.type === 'dataset' || field.control.type === 'mapping'
    const fits = composite
      ? kind.parse(alone, { on: 'node', node: rec.id }).ok
      : refusalOf(field as FieldSpec<never>, value) === null
    if (fits) values[field.key] = value
  }
  return values
}

/** Ports that wires name but the kind does not have: drawn broken, so that no wire vanishes silently. */
function brokenPorts(doc: GraphDoc, rec: NodeRec, ports: readonly PortSpec[]): readonly PortSpec[] {
  const found: PortSpec[] = []
  const note = (key: string, direction: 'in' | 'out'): void => {
    const same = (p: PortSpec): boolean => p.key === key && p.direction === direction
    if (ports.some(same) || found.some(same)) return
    const help = 'This port does not exist.'
    found.push({ key, label: key, type: 'dataset', direction, required: false, multiple: true, help })
  }
  for (const edge of edgesInto(doc, rec.id)) note(edge.to.port, 'in')
  for (const edge of edgesOutOf(doc, rec.id)) note(edge.from.port, 'out')
  return found
}

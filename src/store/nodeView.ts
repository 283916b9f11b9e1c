/** What a card shows of a node, computed once per record: kind, parsed params, title, summary, ports with their places. */
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

export type NodeView = {
  readonly rec: NodeRec
  /** Null for a kind that this installation does not know. */
  readonly kind: NodeKind | null
  /** The person's title or the kind's own. */
  readonly title: string
  readonly kindTitle: string
  readonly icon: string
  /** Parsed params; where the stored ones do not parse, the default of each that does not fit its field. */
  readonly params: Readonly<Record<string, unknown>>
  readonly summary: string
  readonly geometry: CardGeometry
}

export type NodeViews = {
  /** Same record and same broken wires, same object. */
  of(doc: GraphDoc, id: string): NodeView | null
}

const NO_PORTS: readonly PortSpec[] = []
const MISSING_WIDTH = 264
/** Room for the sentence that says so. */
const MISSING_TEXT_HEIGHT = 56

export function createNodeViews(registry: Registry): NodeViews {
  const cache = new WeakMap<NodeRec, { readonly brokenKey: string; readonly view: NodeView }>()
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
    of(doc, id) {
      const rec = nodeOf(doc, id)
      if (!rec) return null
      const kind = registry.get(rec.kind) ?? null
      const ports: readonly PortSpec[] = kind ? portSpecs(lens, rec) : NO_PORTS
      const broken = brokenPorts(doc, rec, ports)
      const brokenKey = broken.map((p) => `${p.direction} ${p.key}`).join('\n')
      const known = cache.get(rec)
      if (known && known.brokenKey === brokenKey) return known.view
      const view = describe(kind, rec, geometryOf(kind, ports, broken, brokenKey))
      cache.set(rec, { brokenKey, view })
      return view
    },
  }
}

function describe(kind: NodeKind | null, rec: NodeRec, geometry: CardGeometry): NodeView {
  const params = kind ? paramsOf(kind, rec) : rec.params
  return {
    rec,
    kind,
    title: titleOf(rec, kind ?? undefined),
    kindTitle: kind?.title ?? rec.kind,
    icon: kind?.icon ?? 'missing',
    params,
    summary: kind ? kind.summary(params) : '',
    geometry,
  }
}

/** A node whose kind is unknown has the ports that wires name, and a sentence instead of a summary. */
function missingGeometry(ports: readonly PortSpec[]): CardGeometry {
  const { summaryTop } = cardGeometry({ width: MISSING_WIDTH, height: 0 }, [], ports)
  return cardGeometry({ width: MISSING_WIDTH, height: summaryTop + MISSING_TEXT_HEIGHT }, [], ports)
}

function portSpecs(lens: KindLens, rec: NodeRec): readonly PortSpec[] {
  return (lens.ports(rec) ?? NO_PORTS) as readonly PortSpec[]
}

function paramsOf(kind: NodeKind, rec: NodeRec): Readonly<Record<string, unknown>> {
  const upgraded = upgradeParams(kind, rec)
  if (!upgraded.ok) return kind.defaults
  const parsed = kind.parse(upgraded.value, { on: 'node', node: rec.id })
  return parsed.ok ? parsed.value : readable(kind, upgraded.value, rec)
}

/**
 * Params that are refused as a whole, one by one: what fits its own field stays as it is stored, so that a person sees and
 * can mend what was chosen (a grader by pattern whose pattern is still empty); only the misfits have their default.
 */
function readable(kind: NodeKind, stored: Params, rec: NodeRec): Readonly<Record<string, unknown>> {
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

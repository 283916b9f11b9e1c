/**
 * Sweeps: every node that takes a swept value, and everything behind it, stands once per trial, until a node where trials
 * meet. Several sweeps multiply.
 */
import { canonicalJson } from '../../base/canonicalJson.ts'
import { shownNumber } from '../../base/shownNumber.ts'
import type { EdgeId, NodeId } from '../../base/ids.ts'
import type { EdgeRec, NodeRec } from '../../graph/model.ts'
import type { SweepPlan } from '../../kinds/contract.ts'
import { titleOf } from '../../kinds/lens.ts'
import type { Registry } from '../../kinds/registry.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { Scalar } from '../../ir/pipelineConfig.ts'
import type { Parameters } from './bindParameters.ts'
import type { ReadParams } from './flatten.ts'
import { remade } from './flatDoc.ts'
import type { Work } from './flatDoc.ts'

/** Copies beyond this are a mistake in a range, not an experiment. */
const MOST_COPIES = 20_000

export function fanOut(work: Work, registry: Registry, parameters: Parameters, read: ReadParams): void {
  for (const id of [...work.nodes.keys()].sort()) {
    // An earlier sweep may have put copies in its place.
    const node = work.nodes.get(id)
    const kind = node && registry.get(node.kind)
    const params = kind?.sweep && read(node!, kind)
    if (!node || !kind || !params) continue
    const plan = kind.sweep!(params, parameters)
    if (!plan.ok) {
      work.diagnostics.push(...plan.error.map((d) => relocated(d, id)))
      continue
    }
    const varying = varyingNodes(work, registry, plan.value)
    const title = titleOf(node, kind)
    const at = { on: 'node', node: id } as const
    if (varying.size === 0) {
      const what = plan.value.over === 'seeds' ? 'no node has a seed' : 'no field takes its value from what it varies'
      const message = `“${title}” changes nothing: ${what}.`
      work.diagnostics.push(compilerDiagnostic('CM3604', at, message))
    } else if (varying.size * plan.value.trials.length > MOST_COPIES) {
      const copies = varying.size * plan.value.trials.length
      const message = `“${title}” would make ${copies} nodes; the most is ${MOST_COPIES}. Try fewer values, or a random search.`
      work.diagnostics.push(compilerDiagnostic('CM3605', at, message))
    } else copyAll(work, registry, id, plan.value, varying)
  }
}

/** Problems of a sweep are said at its card, whatever id it was parsed under. */
function relocated(d: Work['diagnostics'][number], node: string): Work['diagnostics'][number] {
  return d.at.on === 'field' ? { ...d, at: { ...d.at, node } } : d
}

function varyingNodes(work: Work, registry: Registry, plan: SweepPlan): ReadonlySet<string> {
  const names = new Set(plan.trials.flatMap((trial) => Object.keys(trial)))
  const joins = (node: NodeRec): boolean => registry.get(node.kind)?.joinsTrials === true
  const starts = [...work.nodes.values()].filter((node) =>
    plan.over === 'seeds'
      ? Object.hasOwn(node.params, 'seed') && !joins(node) && !registry.get(node.kind)?.sweep
      : Object.values(node.bindings ?? {}).some((name) => names.has(name)),
  )
  const out = new Map<string, string[]>()
  for (const { from, to } of work.edges) out.set(from.node, [...(out.get(from.node) ?? []), to.node])
  const varying = new Set<string>()
  const waiting = starts.map((node) => node.id as string)
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const node = work.nodes.get(id)
    if (!node || varying.has(id) || joins(node)) continue
    varying.add(id)
    waiting.push(...(out.get(id) ?? []))
  }
  return varying
}

function copyAll(
  work: Work,
  registry: Registry,
  sweep: string,
  { trials, over }: SweepPlan,
  varying: ReadonlySet<string>,
): void {
  for (const id of varying) {
    const node = work.nodes.get(id)!
    const before = work.variants.get(id) ?? []
    work.nodes.delete(id)
    for (const [index, values] of trials.entries()) {
      const copy = copyId(id, index)
      const set = over === 'seeds' ? seedOf(node, values) : boundValues(node, values)
      const key = canonicalJson([set, values])
      const made = remade(work.memo, copy, node, key, () => {
        const { pin: _, ...rest } = node
        const title = `${titleOf(node, registry.get(node.kind))} · ${wordsOf(values)}`
        return { ...rest, id: copy, title, params: { ...node.params, ...set } }
      })
      work.nodes.set(copy, made)
      work.origins.set(copy, work.origins.get(id) ?? id)
      work.variants.set(copy, [...before, { sweep: sweep as NodeId, trial: index, values }])
    }
  }
  const wires: EdgeRec[] = []
  for (const edge of work.edges) {
    const from = varying.has(edge.from.node)
    const to = varying.has(edge.to.node)
    if (!from && !to) {
      wires.push(edge)
      continue
    }
    for (const index of trials.keys()) {
      const source = from ? copyId(edge.from.node, index) : edge.from.node
      const target = to ? copyId(edge.to.node, index) : edge.to.node
      wires.push({
        id: copyId(edge.id, index) as string as EdgeId,
        from: { node: source, port: edge.from.port },
        to: { node: target, port: edge.to.port },
      })
    }
  }
  work.edges = wires
}

function boundValues(node: NodeRec, values: { readonly [name: string]: Scalar }): { [field: string]: Scalar } {
  const bound = Object.entries(node.bindings ?? {}).filter(([, name]) => Object.hasOwn(values, name))
  return Object.fromEntries(bound.map(([field, name]) => [field, values[name]!]))
}

function seedOf(node: NodeRec, values: { readonly [name: string]: Scalar }): { [field: string]: Scalar } {
  return Object.hasOwn(node.params, 'seed') ? { seed: values['seed']! } : {}
}

/** No id of a document holds a tilde; zeros keep the order of ids that of the trials. */
function copyId(id: string, trial: number): NodeId {
  return `${id}~${String(trial + 1).padStart(5, '0')}` as NodeId
}

function wordsOf(values: { readonly [name: string]: Scalar }): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? rateWords(value) : String(value)}`)
    .join(', ')
}

/** As cards write rates: 1e-3, 0.05. */
function rateWords(value: number): string {
  return value !== 0 && Math.abs(value) < 0.01 ? value.toExponential() : shownNumber(value)
}

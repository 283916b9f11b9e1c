/** What the compiler would like to know before it can promise anything: which rows to read, and with which tokenizer to count. */
import type { GraphDoc } from '../graph/model.ts'
import { topologicalOrder } from '../graph/order.ts'
import { downstream, upstream } from '../graph/query.ts'
import type { Registry } from '../kinds/registry.ts'
import type { DatasetRequest } from '../ir/dataset.ts'
import { datasetKey } from '../ir/datasetKey.ts'
import { resolve } from './passes/resolve.ts'
import type { Resolution } from './passes/resolve.ts'

export type FactRequest = {
  /** Where `Facts.datasets` expects the answer. */
  readonly key: string
  readonly request: DatasetRequest
  /** Base models whose tokenizers should count: those that meet these rows, by name. */
  readonly models: readonly string[]
  readonly nodes: readonly string[]
}

export function factRequests(doc: GraphDoc, registry: Registry): readonly FactRequest[] {
  const resolutions = resolve(doc, registry)
  const byKey = new Map<string, FactRequest>()
  for (const id of topologicalOrder(doc).order) {
    const resolved = resolutions.get(id)?.resolved
    for (const request of (resolved && resolved.kind.factRequests?.(resolved.params)) ?? []) {
      const key = datasetKey(request)
      const known = byKey.get(key)
      const models = new Set([...(known?.models ?? []), ...modelsMeeting(doc, id, resolutions)])
      byKey.set(key, { key, request, models: [...models].sort(), nodes: [...(known?.nodes ?? []), id] })
    }
  }
  return [...byKey.values()]
}

/** The models upstream of whatever these rows flow into. */
function modelsMeeting(doc: GraphDoc, dataset: string, resolutions: ReadonlyMap<string, Resolution>): Set<string> {
  const models = new Set<string>()
  for (const consumer of downstream(doc, dataset)) {
    for (const source of upstream(doc, consumer)) {
      const resolved = resolutions.get(source)?.resolved
      const field = resolved?.kind.fields.find((f) => f.control.type === 'model')
      const name = field && resolved?.params[field.key]
      if (typeof name === 'string') models.add(name)
    }
  }
  return models
}

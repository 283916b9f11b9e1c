/** What the compiler would like to know before it can promise anything: which rows to read, and with which tokenizer to count. */
import type { GraphDoc } from '../graph/model.ts'
import { downstream, upstreamOfAll } from '../graph/query.ts'
import type { Registry } from '../kinds/registry.ts'
import type { DatasetRequest } from '../ir/dataset.ts'
import { datasetKey } from '../ir/datasetKey.ts'
import { flatten } from './flatten/flatten.ts'
import type { FlatMemo } from './flatten/flatDoc.ts'
import { freshResolveMemo, resolutionOf, resolve } from './passes/resolve.ts'
import type { Resolutions, ResolveMemo } from './passes/resolve.ts'

export type FactRequest = {
  /** Where `Facts.datasets` expects the answer. */
  readonly key: string
  readonly request: DatasetRequest
  /** Base models whose tokenizers should count: those that meet these rows, by name. */
  readonly models: readonly string[]
}

/** What was read of the drawing before, for whoever asks after each edit. */
export type FactMemo = { readonly flat: FlatMemo; readonly resolve: ResolveMemo }

export function freshFactMemo(): FactMemo {
  return { flat: new Map(), resolve: freshResolveMemo() }
}

/** Of the drawing as it is compiled: also of datasets inside groups, and as parameters and trials set them. */
export function factRequests(
  drawn: GraphDoc,
  registry: Registry,
  memo: FactMemo = freshFactMemo(),
): readonly FactRequest[] {
  const { doc } = flatten(drawn, registry, memo.flat)
  const resolutions = resolve(doc, registry, memo.resolve)
  const byKey = new Map<string, { readonly request: DatasetRequest; readonly models: Set<string> }>()
  for (const { resolved } of resolutions.all) {
    const requests = resolved?.kind.factRequests?.(resolved.params)
    if (!resolved || !requests) continue
    const meeting = modelsMeeting(doc, resolved.node.id, resolutions)
    for (const request of requests) {
      const key = datasetKey(request)
      const known = byKey.get(key)
      if (!known) byKey.set(key, { request, models: new Set(meeting) })
      else for (const model of meeting) known.models.add(model)
    }
  }
  return [...byKey].map(([key, { request, models }]) => ({ key, request, models: [...models].sort() }))
}

/** The models upstream of whatever these rows flow into. */
function modelsMeeting(doc: GraphDoc, dataset: string, resolutions: Resolutions): Set<string> {
  const models = new Set<string>()
  for (const source of upstreamOfAll(doc, downstream(doc, dataset))) {
    const resolved = resolutionOf(resolutions, source)?.resolved
    const field = resolved?.kind.fields.find((f) => f.control.type === 'model')
    const name = field && resolved?.params[field.key]
    if (typeof name === 'string') models.add(name)
  }
  return models
}

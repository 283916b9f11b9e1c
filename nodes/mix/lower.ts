/** A mix becomes one dataset that names the others; each part keeps its own split and system prompt. */
import { countPart } from '#src/base/rowPart.ts'
import { partsOf } from '#src/ir/dataset.ts'
import type { DatasetSpec } from '#src/ir/dataset.ts'
import type { LowerCtx, Lowered } from '#src/kinds/contract.ts'
import { datasetInputs } from '#nodes/_shared/inputs.ts'
import type { MixParams } from './params.ts'

export function lowerMix(ctx: LowerCtx<MixParams>): Lowered {
  const { take, atMost } = ctx.params
  const parts = datasetInputs(ctx, 'datasets').flatMap(partsOf).map(alone)
  const sizes = parts.map((part) => sizeOf(ctx, part))
  if (parts.length === 0) return { outputs: {}, diagnostics: [] }
  const smallest = Math.min(...sizes)
  const most = Math.min(atMost > 0 ? atMost : Infinity, take === 'equal' ? smallest : Infinity)
  const [first, ...more] = parts.map((part, i) => (sizes[i]! > most ? limited(part, most, ctx.node.id) : part))
  const dataset: DatasetSpec = more.length > 0 ? { ...first!, more } : first!
  return { outputs: { rows: { type: 'dataset', dataset } }, diagnostics: [] }
}

/** A mix of mixes is one list of parts. */
function alone({ more: _, ...part }: DatasetSpec): DatasetSpec {
  return part
}

/** Rows of the part; what nobody has read yet counts as endless, and the compiler waits for it anyway. */
function sizeOf(ctx: LowerCtx<MixParams>, part: DatasetSpec): number {
  const facts = ctx.datasetFacts({ source: part.source, mapping: part.mapping })
  const auto = facts ?? ctx.datasetFacts({ source: part.source, mapping: { type: 'auto' } })
  return auto ? countPart(auto.usable, part) : Infinity
}

function limited(part: DatasetSpec, limit: number, node: string): DatasetSpec {
  return { ...part, limit, limitedBy: node }
}

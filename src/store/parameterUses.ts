/** Where graph parameters are used, and which fields could take them: what the inspector asks. */
import type { GraphDoc } from '../graph/model.ts'
import type { Scalar } from '../ir/pipelineConfig.ts'
import type { FieldSpec } from '../kinds/contract.ts'
import { refusalOf } from '../kinds/refusal.ts'
import type { Registry } from '../kinds/registry.ts'
import { eachNode } from './parameters.ts'

/** A place that takes its value from a parameter; inside a group as `group/inner`. */
export type ParameterUse = { readonly node: string; readonly field: string }

export type ParameterUses = ReadonlyMap<string, readonly ParameterUse[]>

const usesByNodes = new WeakMap<GraphDoc['nodes'], { readonly registry: Registry; readonly uses: ParameterUses }>()

/** Fields that are bound to each parameter. */
export function parameterUses(doc: GraphDoc, registry: Registry): ParameterUses {
  const before = usesByNodes.get(doc.nodes)
  if (before?.registry === registry) return before.uses
  const uses = new Map<string, ParameterUse[]>()
  eachNode(doc.nodes, registry, (rec, node) => {
    for (const [field, name] of Object.entries(rec.bindings ?? {})) {
      const use = { node, field }
      const known = uses.get(name)
      if (known) known.push(use)
      else uses.set(name, [use])
    }
  })
  usesByNodes.set(doc.nodes, { registry, uses })
  return uses
}

/** Why the field cannot take the value, or null. */
export function refusedBy(field: FieldSpec, value: Scalar): string | null {
  return refusalOf(field as FieldSpec<never>, value)
}

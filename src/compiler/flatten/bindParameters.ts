/** Graph parameters: each field that is bound to one takes its value in place of the param that is written at the node. */
import { canonicalJson } from '../../base/canonicalJson.ts'
import type { NodeRec } from '../../graph/model.ts'
import { titleOf } from '../../kinds/lens.ts'
import type { Registry } from '../../kinds/registry.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { Scalar } from '../../ir/pipelineConfig.ts'
import type { ReadParams } from './flatten.ts'
import { remade } from './flatDoc.ts'
import type { Work } from './flatDoc.ts'

export type Parameters = ReadonlyMap<string, Scalar>

export function bindParameters(work: Work, registry: Registry, read: ReadParams): Parameters {
  const parameters = collect(work, registry, read)
  for (const node of [...work.nodes.values()]) {
    if (node.bindings === undefined) continue
    work.nodes.set(node.id, bound(work, registry, node, parameters))
  }
  return parameters
}

function collect(work: Work, registry: Registry, read: ReadParams): Parameters {
  const parameters = new Map<string, Scalar>()
  for (const id of [...work.nodes.keys()].sort()) {
    const node = work.nodes.get(id)!
    const kind = registry.get(node.kind)
    const params = kind?.parameter && read(node, kind)
    if (!params || node.mode === 'mute') continue
    const { name, value, field } = kind.parameter!(params)
    if (parameters.has(name)) {
      const message = `Two parameters are called “${name}”; only the first is used. Give each its own name.`
      const value = freeName(name, parameters)
      const fix = {
        title: `Call it ${value}`,
        command: 'node.setParams',
        args: { node: id, field: 'name', value },
      }
      work.diagnostics.push(compilerDiagnostic('CM3602', { on: 'field', node: id, field: 'name' }, message, { fix }))
    } else {
      parameters.set(name, value)
      work.holders.set(name, { node: id, field, value })
    }
  }
  return parameters
}

/** Names have at most forty letters. */
function freeName(name: string, taken: ReadonlyMap<string, Scalar>): string {
  for (let n = 2; ; n++) {
    const candidate = `${name.slice(0, 35)}-${n}`
    if (!taken.has(candidate)) return candidate
  }
}

function bound(work: Work, registry: Registry, node: NodeRec, parameters: Parameters): NodeRec {
  const values: { [field: string]: Scalar } = {}
  for (const [field, name] of Object.entries(node.bindings ?? {})) {
    const value = parameters.get(name)
    if (value !== undefined) values[field] = value
    else {
      const title = titleOf(node, registry.get(node.kind))
      const message = `“${title}” takes ${field} from the parameter “${name}”, which is not in this drawing.`
      const at = { on: 'field', node: node.id, field } as const
      const fix = { title: 'Use its own value', command: 'field.unbind', args: { node: node.id, field } }
      work.diagnostics.push(compilerDiagnostic('CM3603', at, message, { data: { parameter: name }, fix }))
    }
  }
  return remade(work.memo, `bound ${node.id}`, node, canonicalJson(values), () => ({
    ...node,
    params: { ...node.params, ...values },
  }))
}

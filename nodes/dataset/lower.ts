/** A dataset node becomes two dataset specs, the rows to train on and those held out, with what reading the rows told. */
import type { Diagnostic, Locus } from '#src/base/diagnostic.ts'
import type { LowerCtx, Lowered, PortValue } from '#src/kinds/contract.ts'
import type { DatasetFacts, DatasetRequest, DatasetSpec } from '#src/ir/dataset.ts'
import { kindDiagnostic } from '#nodes/_shared/codes.ts'
import { count } from '#nodes/_shared/numbers.ts'
import type { DatasetParams } from './params.ts'

/** Row problems passed on to the problem list; the preview shows all of them. */
const ROW_PROBLEMS = 20

export function requestOf(params: DatasetParams): DatasetRequest {
  return { source: params.source, mapping: params.mapping }
}

export function lowerDataset(ctx: LowerCtx<DatasetParams>): Lowered {
  const { params, node } = ctx
  const facts = ctx.datasetFacts(requestOf(params))
  if (!facts) return { outputs: {}, diagnostics: [] }
  const diagnostics = findings(ctx, facts)
  const mapping = facts.mapping
  if (!mapping || facts.usable === 0) return { outputs: {}, diagnostics }
  const value = (part: DatasetSpec['part'], limit: number): PortValue => {
    const { source, systemPrompt, heldoutRows, splitSeed } = params
    return {
      type: 'dataset',
      dataset: { source, mapping, node: node.id, systemPrompt, part, heldoutRows, splitSeed, limit },
    }
  }
  const rows = value(params.heldoutRows > 0 ? 'train' : 'all', params.limit)
  return { outputs: { rows, heldout: value('heldout', 0) }, diagnostics }
}

function findings(ctx: LowerCtx<DatasetParams>, facts: DatasetFacts): Diagnostic[] {
  const { params, node, title } = ctx
  const at: Locus = { on: 'node', node: node.id }
  const found = relayed(facts, at)
  const atField = (field: keyof DatasetParams): Locus => ({ on: 'field', node: node.id, field })
  if (!facts.mapping) {
    const columns = facts.columns.length > 0 ? `has the columns ${facts.columns.join(', ')}` : 'has no columns'
    const message = `“${title}” ${columns}: say which of them hold the prompt and the answer, or the messages.`
    found.push(kindDiagnostic('KD2201', atField('mapping'), message, { data: { columns: facts.columns } }))
  } else if (facts.usable === 0) {
    found.push(kindDiagnostic('KD2203', at, `None of the ${count(facts.rows, 'row')} of “${title}” can be used.`))
  } else {
    if (facts.usable < facts.rows) {
      const message = `${facts.rows - facts.usable} of the ${count(facts.rows, 'row')} of “${title}” cannot be used and are skipped.`
      found.push(kindDiagnostic('KD2202', at, message, { data: { rows: facts.rows, usable: facts.usable } }))
    }
    if (params.heldoutRows >= facts.usable) {
      const value = Math.max(1, Math.floor(facts.usable / 10))
      const fix = {
        title: `Hold out ${value}`,
        command: 'node.setParams',
        args: { node: node.id, field: 'heldoutRows', value },
      }
      const message = `Holding out ${params.heldoutRows} of ${count(facts.usable, 'row')} leaves nothing to train on.`
      found.push(kindDiagnostic('KD2204', atField('heldoutRows'), message, { fix }))
    }
  }
  return found
}

/** A row that cannot be read is skipped, so it warns as long as others remain; what concerns the whole file keeps its weight. */
function relayed(facts: DatasetFacts, node: Locus): Diagnostic[] {
  return facts.diagnostics.slice(0, ROW_PROBLEMS).map((d) => {
    if (d.at.on !== 'row') return { ...d, at: node }
    const severity = d.severity === 'error' && facts.usable > 0 ? 'warning' : d.severity
    return { ...d, severity, related: [node, ...(d.related ?? [])] }
  })
}

/** Pass 4: collects stages in order, adds the saves that checkpoint nodes ask for, and tells which nodes take part. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { Lowered } from '../../kinds/contract.ts'
import type { CheckpointSpec, Decision } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { Checked } from './check.ts'
import { isActive } from './lower.ts'
import type { LoweredGraph } from './lower.ts'
import type { Resolutions } from './resolve.ts'
import { freshStageMemo, knownRecord, recordOf } from './stageRecord.ts'
import type { StageMemo, StageRecord } from './stageRecord.ts'

export type Staged = {
  readonly records: readonly StageRecord[]
  readonly decisions: readonly Decision[]
  readonly diagnostics: readonly Diagnostic[]
}

export function stage({ entries }: Pick<LoweredGraph, 'entries'>, memo: StageMemo = freshStageMemo()): Staged {
  const saves = new Map<string, CheckpointSpec[]>()
  const diagnostics: Diagnostic[] = []
  const decisions: Decision[] = []
  const made: Lowered[] = []
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at]
    if (!entry) continue
    const { stage, amend, decision } = entry.result
    if (stage) made.push(entry.result)
    if (decision) decisions.push(decision)
    if (!amend) continue
    for (const { stage: target, checkpoint } of amend) {
      const known = saves.get(target)
      if (known?.some((save) => save.name === checkpoint.name)) {
        diagnostics.push(nameTaken(entry.resolved.node.id, checkpoint, known))
      }
      if (known) known.push(checkpoint)
      else saves.set(target, [checkpoint])
    }
  }
  const records = made.map(({ stage, estimate }, at) => {
    const added = saves.get(stage!.id)
    return knownRecord(memo, at, stage!, added) ?? recordOf(stage!, estimate, added)
  })
  memo.records = records
  memo.byId = null
  return { records, decisions, diagnostics }
}

/** Nodes that no stage depends on: they are drawn, but a run would not notice them. */
export function bystanders({ all }: Resolutions, { graph }: Checked, { values }: LoweredGraph): Diagnostic[] {
  const feeding = new Uint8Array(all.length)
  /** Nodes that take part or feed one that does. */
  const reached: number[] = []
  for (let node = 0; node < all.length; node++) {
    const lowered = values[node]
    if (lowered && !isActive(lowered)) continue
    feeding[node] = 1
    reached.push(node)
  }
  const { into, sources } = graph
  for (let node = reached.pop(); node !== undefined; node = reached.pop()) {
    for (let i = into.starts[node]!; i < into.starts[node + 1]!; i++) {
      const source = sources[into.wires[i]!]!
      if (source < 0 || feeding[source] === 1) continue
      feeding[source] = 1
      reached.push(source)
    }
  }
  const found: Diagnostic[] = []
  for (let node = 0; node < all.length; node++) {
    const { resolved } = all[node]!
    if (feeding[node] === 1 || !resolved || resolved.ports.length === 0) continue
    const message = `“${resolved.title}” is not part of the run: nothing that trains or measures depends on it.`
    found.push(compilerDiagnostic('CM3202', { on: 'node', node: resolved.node.id }, message))
  }
  return found
}

function nameTaken(node: string, checkpoint: CheckpointSpec, known: readonly CheckpointSpec[]): Diagnostic {
  const free = freeName(checkpoint.name, known)
  const message = `Two checkpoints of the same trainer are called “${checkpoint.name}”; the second would replace the first.`
  const fix = { title: `Call it ${free}`, command: 'node.setParams', args: { node, field: 'name', value: free } }
  return compilerDiagnostic('CM3301', { on: 'field', node, field: 'name' }, message, { fix })
}

function freeName(name: string, known: readonly CheckpointSpec[]): string {
  for (let n = 2; ; n++) {
    const candidate = `${name.slice(0, 58)}-${n}`
    if (!known.some((save) => save.name === candidate)) return candidate
  }
}

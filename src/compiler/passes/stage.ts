/** Pass 4: collects stages in order, adds the saves that checkpoint nodes ask for, and tells which nodes take part. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { NodeId } from '../../base/ids.ts'
import type { GraphDoc } from '../../graph/model.ts'
import { allEdges, edgesOutOf, upstreamOfAll } from '../../graph/query.ts'
import type { Lowered } from '../../kinds/contract.ts'
import type { CheckpointSpec, Decision, PipelineConfig } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import { isActive } from './lower.ts'
import type { Resolution } from './resolve.ts'
import { freshStageMemo, knownRecord, recordOf } from './stageRecord.ts'
import type { StageMemo, StageRecord } from './stageRecord.ts'

export type Staged = {
  readonly records: readonly StageRecord[]
  readonly decisions: readonly Decision[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Nodes that each look for themselves whether anything that runs needs them. */
const FEW = 32

export function stage(nodes: ReadonlyMap<string, Lowered>, memo: StageMemo = freshStageMemo()): Staged {
  const saves = new Map<string, CheckpointSpec[]>()
  const diagnostics: Diagnostic[] = []
  const decisions: Decision[] = []
  const made: PipelineConfig[] = []
  nodes.forEach(({ stage, amend, decision }, node) => {
    if (stage) made.push(stage)
    if (decision) decisions.push(decision)
    if (!amend) return
    for (const { stage: target, checkpoint } of amend) {
      const known = saves.get(target)
      if (known?.some((save) => save.name === checkpoint.name)) diagnostics.push(nameTaken(node, checkpoint, known))
      if (known) known.push(checkpoint)
      else saves.set(target, [checkpoint])
    }
  })
  const records = made.map((own, at) => {
    const added = saves.get(own.id)
    return knownRecord(memo, at, own, added) ?? recordOf(own, added)
  })
  memo.records = records
  memo.byId = null
  return { records, decisions, diagnostics }
}

/** Nodes that no stage depends on: they are drawn, but a run would not notice them. */
export function bystanders(
  doc: GraphDoc,
  resolutions: ReadonlyMap<string, Resolution>,
  nodes: ReadonlyMap<string, Lowered>,
): Diagnostic[] {
  const idle = new Set<string>()
  nodes.forEach((lowered, id) => {
    if (!isActive(lowered)) idle.add(id)
  })
  const takesPart = (id: string): boolean => !idle.has(id) && resolutions.has(id)
  // A few sources look ahead; walking back through a large drawing for them would cost more than the rest of this pass.
  let upstream: ReadonlySet<NodeId> | null = null
  const feeds = (id: string): boolean => {
    if (idle.size <= FEW) return feedsAny(doc, id, takesPart)
    upstream ??= upstreamOfAll(doc, [...resolutions.keys()].filter(takesPart))
    return upstream.has(id as NodeId)
  }
  // Nearly all of them feed something at once.
  const feeding = new Set<string>()
  for (const { from, to } of allEdges(doc)) if (idle.has(from.node) && takesPart(to.node)) feeding.add(from.node)
  const found: Diagnostic[] = []
  for (const id of [...idle].sort()) {
    const { resolved } = resolutions.get(id)!
    if (!resolved || feeding.has(id) || feeds(id) || resolved.ports.length === 0) continue
    const message = `“${resolved.title}” is not part of the run: nothing that trains or measures depends on it.`
    found.push(compilerDiagnostic('CM3202', { on: 'node', node: id }, message))
  }
  return found
}

function feedsAny(doc: GraphDoc, start: string, isWanted: (id: string) => boolean): boolean {
  const seen = new Set([start])
  for (const id of seen) {
    for (const { to } of edgesOutOf(doc, id)) {
      if (isWanted(to.node)) return true
      seen.add(to.node)
    }
  }
  return false
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

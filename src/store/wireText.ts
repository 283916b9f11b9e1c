/** What a wire carries, in a few words: known before a run from rows and settings, during one from what was saved. */
import { countPart } from '../base/rowPart.ts'
import { edgeOf } from '../graph/query.ts'
import type { EdgeRec } from '../graph/model.ts'
import type { DatasetSpec, Facts } from '../ir/dataset.ts'
import { datasetKey } from '../ir/datasetKey.ts'
import type { RunState } from '../ir/runState.ts'
import type { PipelineConfig } from '../ir/pipelineConfig.ts'
import type { Editor } from './editor.ts'
import type { NodeView } from './nodeView.ts'

export type FlowKnowledge = { readonly facts: Facts; readonly run: RunState | null }

/** “dataset · 320 rows”, “policy · after-sft, step 40”, “reward · exact match”. */
export function wireText(editor: Pick<Editor, 'doc' | 'views' | 'problems'>, id: string, known: FlowKnowledge): string {
  const doc = editor.doc.get()
  const edge = edgeOf(doc, id)
  const source = edge && editor.views.of(doc, edge.from.node)
  const port = source?.geometry.ports.find((p) => p.port.direction === 'out' && p.port.key === edge?.from.port)
  if (!edge || !source || !port || port.broken) return 'broken wire'
  const stage = editor.problems.state.plan?.stages.find((s) => s.node === edge.to.node)
  switch (port.port.type) {
    case 'dataset':
      return `dataset · ${rowsText(edge, source, stage, known.facts)}`
    case 'policy':
      return `policy · ${policyText(source, known.run)}`
    case 'reward':
      return `reward · ${source.summary || source.title}`
    case 'scores':
      return `scores · ${source.title}`
  }
}

function rowsText(edge: EdgeRec, source: NodeView, stage: PipelineConfig | undefined, facts: Facts): string {
  const spec = stage && specAt(stage, edge.to.port)
  // Asked as the node asks: the plan names the detected mapping, facts are kept by the one that was asked for.
  const request = source.kind?.factRequests?.(source.params)[0]
  const rows = request && facts.datasets[datasetKey(request)]
  if (!rows) return source.title
  return `${(spec ? countPart(rows.usable, spec) : rows.usable).toLocaleString('en')} rows`
}

function specAt(stage: PipelineConfig, port: string): DatasetSpec | null {
  return stage.mode === 'sft' && port === 'heldout' ? stage.heldout : stage.dataset
}

/** What the run has saved or is training at the source; the source's own words when it is no part of a run. */
function policyText(source: NodeView, run: RunState | null): string {
  const id = source.rec.id
  const trained = run?.plan.stages.find((s) => s.node === id)
  if (run && trained) {
    const state = run.stages[trained.id]
    if (state?.phase === 'finished') return `${source.title}, step ${state.steps}`
    if (state?.phase === 'running') return `${source.title}, training`
  }
  const maker = run?.plan.stages.find((s) => s.mode !== 'evaluate' && s.checkpointing.some((c) => c.node === id))
  if (run && maker && maker.mode !== 'evaluate') {
    const name = maker.checkpointing.find((c) => c.node === id)!.name
    const saved = run.checkpoints.filter(
      (c) => c.stage === maker.id && !c.rolling && (c.name === name || c.name.startsWith(`${name}-`)),
    )
    const last = saved.at(-1)
    if (last) return `${last.name}, step ${last.step}`
  }
  return source.summary ? `${source.title} (${source.summary})` : source.title
}

/** From a checkpoint back to the graph that made it, as far as this browser's history knows. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { DocId, RunId } from '../base/ids.ts'
import { ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { SavedCheckpoint } from '../ir/runEvent.ts'
import type { RunState } from '../ir/runState.ts'
import { reduceRun } from '../ir/runState.ts'
import { listDocuments, listVersions } from '../persist/documents.ts'
import { planVersionName } from '../persist/planVersions.ts'
import { listRuns, readEvents } from '../persist/runs.ts'
import type { Storage } from '../persist/storage.ts'

export type Origin =
  /** No checkpoint path. */
  | { readonly found: 'no-path' }
  | { readonly found: 'nothing'; readonly trainingRun: string; readonly name: string; readonly searched: number }
  | {
      /** `save`: this very checkpoint; `sibling`: another one of the same training run. */
      readonly found: 'save' | 'sibling'
      readonly run: RunId
      readonly title: string
      readonly startedAt: number
      readonly planHash: string
      readonly stage: string
      readonly node: string
      readonly save: SavedCheckpoint
      readonly document: { readonly id: DocId; readonly title: string } | null
      /** When the document was as it ran, if that was kept. */
      readonly version: number | null
    }

/** Runs are looked through from the newest back; nothing is asked of a server. */
export async function findOrigin(storage: Storage, text: string): Promise<Result<Origin, Diagnostic>> {
  const path = text.trim()
  const parts = /^tinker:\/\/([^/\s]+)\/(?:weights|sampler_weights)\/([^/\s]+)$/.exec(path)
  if (!parts) return ok({ found: 'no-path' })
  const trainingRun = parts[1]!
  const headers = await listRuns(storage)
  if (!headers.ok) return headers
  let sibling: { readonly state: RunState; readonly save: SavedCheckpoint } | null = null
  for (const { id } of headers.value) {
    const events = await readEvents(storage, id)
    if (!events.ok) continue
    const saved = events.value.flatMap((event) => (event.type === 'checkpointSaved' ? [event.checkpoint] : []))
    const save = saved.find(({ statePath, samplerPath }) => statePath === path || samplerPath === path)
    const related = save ?? saved.findLast(({ statePath }) => statePath.startsWith(`tinker://${trainingRun}/`))
    if (!related || (!save && sibling)) continue
    const state = events.value.reduce<RunState | null>(reduceRun, null)
    if (!state) continue
    if (save) return describe(storage, 'save', state, save)
    sibling = { state, save: related }
  }
  if (sibling) return describe(storage, 'sibling', sibling.state, sibling.save)
  return ok({ found: 'nothing', trainingRun, name: parts[2]!, searched: headers.value.length })
}

async function describe(
  storage: Storage,
  found: 'save' | 'sibling',
  { run, title, startedAt, plan, docId }: RunState,
  save: SavedCheckpoint,
): Promise<Result<Origin, Diagnostic>> {
  const documents = await listDocuments(storage)
  if (!documents.ok) return documents
  const document = documents.value.find((head) => head.id === docId) ?? null
  const versions = document ? await listVersions(storage, document.id) : null
  const name = planVersionName(plan.hash)
  const version = versions?.ok ? (versions.value.find((v) => v.name === name)?.at ?? null) : null
  const stage = plan.stages.find((s) => s.id === save.stage)
  return ok({
    found,
    run,
    title,
    startedAt,
    planHash: plan.hash,
    stage: stage?.title ?? save.stage,
    node: stage ? (plan.cards[stage.node] ?? stage.node) : '',
    save,
    document: document && { id: document.id, title: document.title },
    version,
  })
}

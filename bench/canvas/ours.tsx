/** The product's own canvas over its own stores, fed as the run worker feeds it. */
import '#src/ui/theme/theme.css'
import { createRoot } from 'react-dom/client'
import { createDefaultRegistry } from '#nodes/index.ts'
import { bodies } from '#src/app/bodies.ts'
import { countingIds } from '#src/base/ids.ts'
import type { DocId, EdgeId, NodeId, RunId, StageId } from '#src/base/ids.ts'
import { emptyDoc } from '#src/graph/model.ts'
import type { EdgeRec, GraphDoc, NodeRec } from '#src/graph/model.ts'
import type { SftStage } from '#src/ir/pipelineConfig.ts'
import { newNode } from '#src/kinds/newNode.ts'
import { createRunNotices } from '#src/persist/runNotices.ts'
import { createStorage } from '#src/persist/storage.ts'
import { createCompileService } from '#src/services/compileService.ts'
import { createFactsService } from '#src/services/factsService.ts'
import type { RunFeed, RunService } from '#src/services/runService.ts'
import { createBackend } from '#src/store/backend.ts'
import { editorCommands } from '#src/store/commands/index.ts'
import { createFacts } from '#src/store/facts.ts'
import { createMetrics } from '#src/store/metrics.ts'
import { createPlanReviews } from '#src/store/planReview.ts'
import { createRuns } from '#src/store/runs.ts'
import { Canvas } from '#src/ui/canvas/Canvas.tsx'
import { EMPTY_SLOTS, SlotsContext } from '#src/ui/shell/slots.ts'
import { EditorContext } from '#src/ui/shell/useEditor.ts'
import { StoresContext } from '#src/ui/shell/useStores.ts'
import type { Stores } from '#src/ui/shell/useStores.ts'
import { TipProvider } from '#src/ui/theme/Tip.tsx'
import { composeEditor } from './composeEditor.ts'
import { HZ, liveIds, places } from './scene.ts'
import type { BenchPage } from './scene.ts'

const registry = createDefaultRegistry()
const trainer = registry.get('train-sft')!
const live = liveIds()

function scene(): GraphDoc {
  const nodes: Record<string, NodeRec> = {}
  const edges: Record<string, EdgeRec> = {}
  let before: string | null = null
  for (const { id, x, y } of places()) {
    nodes[id] = newNode(trainer, id as NodeId, { x, y }, {}, `Trainer ${id}`)
    if (before) {
      const edge = `e${id}` as EdgeId
      edges[edge] = {
        id: edge,
        from: { node: before as NodeId, port: 'trained' },
        to: { node: id as NodeId, port: 'policy' },
      }
    }
    before = id
  }
  return { ...emptyDoc('bench' as DocId, 'Bench'), nodes, edges }
}

let feed: (batch: RunFeed) => void = () => undefined
const accepts = { start: async () => null } as unknown as RunService['host']
const service: RunService = {
  host: accepts,
  onFeed(listener) {
    feed = listener
    return () => undefined
  },
  onCrash: () => () => undefined,
  dispose: () => undefined,
}
const metrics = createMetrics()
const runs = createRuns({
  storage: createStorage(),
  service,
  metrics,
  locks: null,
  notices: createRunNotices(),
  ids: countingIds(),
})
const editor = composeEditor(registry, scene(), createCompileService(registry), editorCommands)
const backend = createBackend({ storage: createStorage(), service })
const review = (): Promise<null> => Promise.resolve(null)
const reviews = createPlanReviews({ editor, runs, backend, review, priceProblems: () => [] })
const stores = { runs, metrics, backend, facts: createFacts(createFactsService(service)), reviews } as Stores

createRoot(document.getElementById('root')!).render(
  <EditorContext value={editor}>
    <StoresContext value={stores}>
      <SlotsContext value={{ ...EMPTY_SLOTS, bodies }}>
        <TipProvider>
          <Canvas />
        </TipProvider>
      </SlotsContext>
    </StoresContext>
  </EditorContext>,
)

const stages = live.map((id) => ({ id, node: id, title: id, mode: 'sft', checkpointing: [] }) as unknown as SftStage)
const empty = { decisions: [], fingerprints: {}, cards: {}, variants: {}, hashes: {}, estimates: {} }
const plan = { irVersion: 2, title: 'Bench', stages, ...empty, hash: '' }
const started = await runs.start({ plan, docId: 'bench', docVersion: 0, title: 'Bench', assets: {} })
if (!started.ok) throw new Error(started.error.message)
const run: RunId = started.value
const at = Date.now()
const about = { title: 'Bench', plan, backend: { type: 'embedded', url: '' }, docId: 'bench', docVersion: 0 } as const
feed({ type: 'events', events: [{ type: 'runStarted', ...about, run, seq: 0, at }] })
feed({
  type: 'events',
  events: live.map((id, i) => ({
    type: 'stageStarted',
    stage: id as StageId,
    totalSteps: 100_000,
    rows: 320,
    run,
    seq: i + 1,
    at,
  })),
})

let step = 0
setInterval(() => {
  feed({
    type: 'metrics',
    batches: live.map((id) => ({
      run,
      stage: id as StageId,
      series: 'train/loss',
      steps: Float64Array.of(step),
      values: Float64Array.of(Math.sin(step / 9) + Math.random()),
      times: Float64Array.of(Date.now()),
    })),
  })
  step++
}, 1000 / HZ)
// The canvas shows a document whole when it opens; what is asked of it before that is lost.
while (!document.querySelector('[data-card]')) await nextFrame()
await nextFrame()
await nextFrame()
editor.viewport.zoomTo(1)
editor.viewport.centre(live)

const page: BenchPage = {
  handle() {
    const box = document.getElementById('card-n27')!.getBoundingClientRect()
    return { x: box.x + 90, y: box.y + 20 }
  },
  mounted: () => document.querySelectorAll('[data-card]').length,
  fed: () => step * live.length,
  place: () => editor.doc.get().nodes['n27']!.position,
}
Object.assign(globalThis, { benchPage: page })

function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(resolve))
}

/** The composition root: the one place that knows every room and puts them together for the page. */
import { snapshot, subscribe } from 'valtio/vanilla'
import { createDefaultRegistry } from '#nodes/index.ts'
import { randomIds } from '#src/base/ids.ts'
import { parseDoc, readDoc } from '#src/graph/codec.ts'
import { emptyDoc } from '#src/graph/model.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import type { DatasetSource } from '#src/ir/dataset.ts'
import type { PriceTable } from '#src/ir/prices.ts'
import { durableStorage } from '#src/persist/durable.ts'
import { createRunNotices } from '#src/persist/runNotices.ts'
import { createStorage } from '#src/persist/storage.ts'
import type { CompileResult, CompileService } from '#src/services/compileService.ts'
import { createFactsService } from '#src/services/factsService.ts'
import { createLayoutService } from '#src/services/layoutService.ts'
import { createRunService } from '#src/services/runService.ts'
import { createBackend, modelsOf } from '#src/store/backend.ts'
import { editorCommands } from '#src/store/commands/index.ts'
import { runCommands } from '#src/store/commands/running.ts'
import { createDocuments } from '#src/store/documents.ts'
import { createEditor } from '#src/store/editor.ts'
import type { Editor } from '#src/store/editor.ts'
import { createEmbedded } from '#src/store/embedded.ts'
import { createFacts } from '#src/store/facts.ts'
import { createMetrics } from '#src/store/metrics.ts'
import { createPlanReviews } from '#src/store/planReview.ts'
import { createPlayground } from '#src/store/playground.ts'
import { createPrefs } from '#src/store/prefs.ts'
import { createRuns } from '#src/store/runs.ts'
import type { Stores } from '#src/ui/shell/useStores.ts'
import { browserPlatform, browserPorts, laterInPage, localPrefs } from './browserPorts.ts'
import { editAgain, rememberEditing } from './editingTab.ts'
import { afterFirstPicture, drawingOpened } from './firstPicture.ts'
import { starters } from './starters.ts'

export type Composed = {
  readonly editor: Editor
  readonly stores: Stores
  /** Opens the last document, connects the backend, lists runs and goes on with an interrupted one. */
  begin(): Promise<void>
}

const NOT_COMPILED: CompileResult = { plan: null, diagnostics: [], pending: true, estimates: {}, probes: [] }

export function compose(): Composed {
  const registry = createDefaultRegistry()
  const storage = createStorage()
  const now = (): number => Date.now()

  const service = createRunService(relayPath().then((relay) => ({ origin: location.origin, relay })))
  const metrics = createMetrics()
  const backend = createBackend({ storage, service })
  const embedded = createEmbedded({ storage, control: service.embedded })
  const facts = createFacts(createFactsService(service))
  const locks = 'locks' in navigator ? navigator.locks : null
  const prefs = createPrefs(localPrefs)
  const runs = createRuns({
    storage,
    service,
    metrics,
    locks,
    notices: createRunNotices(),
    ids: randomIds,
    limits() {
      const { budget, prices } = snapshot(prefs)
      return { budget, ...(prices === null ? {} : { prices: prices as PriceTable }) }
    },
  })

  let compiling: CompileService | null = null
  const editor = createEditor({
    registry,
    doc: emptyDoc(randomIds<'DocId'>('d')),
    ids: randomIds,
    now,
    platform: browserPlatform(),
    prefs,
    documents: (doc) =>
      createDocuments({
        storage,
        doc,
        ids: randomIds,
        now,
        later: laterInPage,
        starters: starters(),
        locks,
        parse: parseDoc,
        revive: (raw) => readDoc(raw, randomIds<'DocId'>('d')),
      }),
    compile: (doc) => compiling?.compile(doc, facts.state.facts) ?? NOT_COMPILED,
    later: laterInPage,
    ports: browserPorts(createLayoutService()),
    commands: [...editorCommands, ...runCommands(runs)],
  })
  const reviews = createPlanReviews({
    editor,
    runs,
    backend,
    review: (request) => service.host.reviewPlan(request),
    priceProblems: (...args) => compiling?.priceProblems(...args) ?? [],
  })

  void afterFirstPicture(() => import('#src/store/commands/later.ts'))().then(
    ({ followJumps, laterCommands, pinCommands }) => {
      editor.commands.add([...laterCommands, ...pinCommands(reviews)])
      followJumps(editor)
    },
  )

  // The first picture does without the compiler: until it is here, the plan is pending.
  void afterFirstPicture(() => import('#src/services/compileService.ts'))().then(({ createCompileService }) => {
    compiling = createCompileService(registry)
    editor.problems.invalidate()
  })
  // What the compiler wants to know is asked after each compile; what became known compiles again.
  editor.problems.subscribe(() => {
    const doc = editor.doc.whole()
    facts.need(
      (compiling?.factRequests(doc) ?? []).map(({ request, models }) => ({
        request,
        models,
        assetText: assetText(doc, request.source),
      })),
    )
    facts.probe(
      editor.problems.flush().probes.map((request) => ({
        request,
        assetText: assetText(doc, request.dataset.source),
      })),
    )
  })
  let known = facts.state.facts
  subscribe(facts.state, () => {
    if (facts.state.facts === known) return
    known = facts.state.facts
    editor.problems.invalidate()
  })
  // Work that somebody did is worth asking for storage that stays; merely looking is not.
  const keepStorage = durableStorage(navigator.storage)
  editor.doc.subscribe(({ cause }) => cause !== 'load' && cause !== 'open' && keepStorage())
  subscribe(runs.state, () => runs.state.activity.phase !== 'idle' && keepStorage())
  subscribe(backend.state, () => facts.setModels(modelsOf(backend.state)))

  return {
    editor,
    stores: {
      runs,
      metrics,
      backend,
      embedded,
      facts,
      reviews,
      playground: createPlayground(service, randomIds),
      findOrigin: async (path) => (await import('#src/store/lineage.ts')).findOrigin(storage, path),
    },
    async begin() {
      // The drawing first: starting the workers competes with its first picture.
      await editor.documents.begin()
      drawingOpened()
      // Trouble for practice is there before the first request; without it the backend is asked all the same.
      const connected = embedded
        .load()
        .catch(() => undefined)
        .then(() => backend.load())
      const openId = (): string => editor.doc.get().id
      rememberEditing(editor.documents, openId)
      await editAgain(editor.documents, openId)
      await runs.load()
      await connected
      const { id } = editor.doc.get()
      await runs.resumeInterrupted(id)
      await runs.showLatest(id)
      reviews.start()
    },
  }
}

function assetText(doc: GraphDoc, source: DatasetSource): string | null {
  return source.type === 'asset' ? (doc.assets[source.asset]?.text ?? null) : null
}

/** `npm start` says with every answer where its relay is; a page that is served as mere files has none. */
async function relayPath(): Promise<string | null> {
  try {
    const answer = await fetch(location.href, { method: 'HEAD' })
    return answer.headers.get('x-tunegraph-relay')
  } catch {
    // Offline, or opened from a file: the embedded backend needs no relay.
    return null
  }
}

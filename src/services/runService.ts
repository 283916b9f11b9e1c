/** The page's half of the run and backend workers: spawns them when first needed, connects them, replaces them after a crash. */
import * as Comlink from 'comlink'
import type { Diagnostic } from '../base/diagnostic.ts'
import type {
  AdapterReport,
  AdapterUpload,
  BackendWorkerMessage,
  RunFeed,
  RunHost,
  RunWorker,
  Trouble,
  WorkerEnvironment,
} from '#worker/protocol.ts'
import { diagnose } from './codes.ts'

export type {
  AdapterReport,
  AdapterUpload,
  BackendSettings,
  ChatAnswer,
  ChatRequest,
  ConnectionReport,
  PlanReview,
  ReviewedStage,
  ReviewRequest,
  RowPreview,
  RunFeed,
  RunHost,
  RunLimits,
  StageRecord,
  StartRun,
  Trouble,
} from '#worker/protocol.ts'

/** Which worker died; after either, runs of this page have lost their hands and must be resumed. */
export type CrashListener = (crash: { readonly worker: 'run' | 'backend'; readonly diagnostic: Diagnostic }) => void

export type RunService = {
  /** Every call reaches the living worker, spawning it when there is none. */
  readonly host: RunHost
  /** Batches of events, points and rollouts of runs that this page's worker carries out. */
  onFeed(listener: (feed: RunFeed) => void): () => void
  onCrash(listener: CrashListener): () => void
  dispose(): void
}

/** What the page asks of the embedded backend itself, beside the API. */
export type EmbeddedControl = {
  /** Replaces the trouble for practice, now and in every backend worker to come; `{}` is none. */
  setTrouble(trouble: Trouble): void
  /** Settles with a report; rejects when the worker dies meanwhile. */
  importAdapter(adapter: AdapterUpload): Promise<AdapterReport>
  /** Deletes the checkpoints of one that was imported. */
  dropAdapter(paths: readonly string[]): void
}

export type WorkerFactories = { run(): Worker; backend(): Worker }

const IN_PAGE: WorkerFactories = {
  run: () => new Worker(new URL('../../worker/run.worker.ts', import.meta.url), { type: 'module', name: 'run' }),
  backend: () =>
    new Worker(new URL('../../worker/backend.worker.ts', import.meta.url), { type: 'module', name: 'backend' }),
}

type Living = { readonly worker: Worker; readonly remote: RunWorker; readonly feed: MessagePort }

/** `environment` may still be on its way: nothing is spawned before it is there. */
export function createRunService(
  environment: WorkerEnvironment | Promise<WorkerEnvironment>,
  factories: WorkerFactories = IN_PAGE,
): RunService & { readonly embedded: EmbeddedControl } {
  const feedListeners = new Set<(feed: RunFeed) => void>()
  const crashListeners = new Set<CrashListener>()
  /** Calls that a dead worker will never answer; they are rejected when it dies. */
  const pending = new Set<(reason: Error) => void>()
  let living: Living | null = null
  let backend: Worker | null = null
  let trouble: Trouble = {}

  function spawn(environment: WorkerEnvironment): Living {
    const worker = factories.run()
    const feed = new MessageChannel()
    feed.port1.onmessage = (message: MessageEvent<RunFeed>) => {
      for (const listener of feedListeners) listener(message.data)
    }
    // Every method returns a promise already, so the remote side has the very same type.
    const remote = Comlink.wrap(worker) as unknown as RunWorker
    const toBackend = spawnBackend()
    worker.onerror = (event) => crashed('run', event)
    worker.onmessageerror = () => crashed('run', null)
    void remote.wire(Comlink.transfer({ environment, feed: feed.port2, backend: toBackend }, [feed.port2, toBackend]))
    return { worker, remote, feed: feed.port1 }
  }

  function spawnBackend(): MessagePort {
    backend?.terminate()
    const worker = factories.backend()
    backend = worker
    const channel = new MessageChannel()
    worker.onerror = (event) => crashed('backend', event)
    if (Object.keys(trouble).length > 0) tell(worker, { type: 'trouble', trouble })
    tell(worker, { type: 'serve', port: channel.port1 }, [channel.port1])
    return channel.port2
  }

  function crashed(which: 'run' | 'backend', event: ErrorEvent | null): void {
    const detail = event?.message ?? 'a message could not be read'
    // A run without its backend cannot go on, and half a run worker cannot be trusted: both are replaced.
    dispose()
    const diagnostic = diagnose(
      which === 'run' ? 'SV0001' : 'SV0002',
      { on: 'document' },
      `The ${which === 'run' ? 'run worker' : 'embedded backend'} stopped unexpectedly (${detail}). It has been started again.`,
      { data: { detail } },
    )
    for (const listener of crashListeners) listener({ worker: which, diagnostic })
  }

  function dispose(): void {
    living?.worker.terminate()
    living?.feed.close()
    living = null
    backend?.terminate()
    backend = null
    const lost = [...pending]
    pending.clear()
    for (const reject of lost) reject(new Error('the worker stopped before it answered'))
  }

  async function alive(): Promise<Living> {
    if (living === null) {
      const known = await environment
      living ??= spawn(known)
    }
    return living
  }

  async function call<T>(ask: (remote: RunWorker) => Promise<T>): Promise<T> {
    // No pause where the worker lives: a death right after the call must find it among those that wait.
    const { remote } = living ?? (await alive())
    return await untilItDies(ask(remote))
  }

  function untilItDies<T>(answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      pending.add(reject)
      answer.then(resolve, reject).finally(() => pending.delete(reject))
    })
  }

  const embedded: EmbeddedControl = {
    setTrouble(wanted) {
      trouble = wanted
      if (backend !== null) tell(backend, { type: 'trouble', trouble })
    },
    async importAdapter(adapter) {
      await alive()
      const { port1, port2 } = new MessageChannel()
      const report = new Promise<AdapterReport>((resolve) => {
        port1.onmessage = (message: MessageEvent<AdapterReport>) => resolve(message.data)
      })
      tell(backend!, { type: 'import', adapter, port: port2 }, [port2])
      return await untilItDies(report).finally(() => port1.close())
    },
    dropAdapter(paths) {
      void alive().then(() => tell(backend!, { type: 'drop', paths }))
    },
  }

  const host: RunHost = {
    connect: (settings) => call((r) => r.connect(settings)),
    rememberKey: (url, passphrase) => call((r) => r.rememberKey(url, passphrase)),
    unlockKey: (url, passphrase) => call((r) => r.unlockKey(url, passphrase)),
    forgetKey: (url) => call((r) => r.forgetKey(url)),
    start: (request) => call((r) => r.start(request)),
    resume: (run, limits) => call((r) => r.resume(run, limits)),
    pause: (run) => call((r) => r.pause(run)),
    continue: (run) => call((r) => r.continue(run)),
    stop: (run) => call((r) => r.stop(run)),
    dropCheckpoints: (run) => call((r) => r.dropCheckpoints(run)),
    chat: (request) => call((r) => r.chat(request)),
    cancelChat: (id) => call((r) => r.cancelChat(id)),
    datasetFacts: (request, text, models) => call((r) => r.datasetFacts(request, text, models)),
    previewRows: (request, text, limit) => call((r) => r.previewRows(request, text, limit)),
    probeRewards: (request, text) => call((r) => r.probeRewards(request, text)),
    reviewPlan: (request) => call((r) => r.reviewPlan(request)),
  }

  return {
    host,
    embedded,
    onFeed: (listener) => listen(feedListeners, listener),
    onCrash: (listener) => listen(crashListeners, listener),
    dispose,
  }
}

function tell(worker: Worker, message: BackendWorkerMessage, transfer: Transferable[] = []): void {
  worker.postMessage(message, transfer)
}

function listen<T>(set: Set<T>, listener: T): () => void {
  set.add(listener)
  return () => {
    set.delete(listener)
  }
}

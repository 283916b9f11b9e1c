/** The run worker's offer to the page: connect, keys, runs, chat, data. Every method settles; failures are values. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { ExamplesRead } from '#src/data/readExamples.ts'
import { factsOf } from '#src/data/facts.ts'
import type { Counting } from '#src/data/facts.ts'
import { previewRows } from '#src/data/preview.ts'
import { answeredRows } from '#src/data/probeRows.ts'
import { recommendedRenderer } from '#src/data/renderers/recommended.ts'
import type { DatasetFacts } from '#src/ir/dataset.ts'
import { forgetKey, rememberKey, unlockKey } from '#src/persist/keys.ts'
import type { Storage } from '#src/persist/storage.ts'
import { probeRewards } from '#src/rewards/probe.ts'
import { diagnose } from '../codes.ts'
import type { RowPreview, RunHost } from '../protocol.ts'
import type { Backends } from './backends.ts'
import { createChat, rendererOf } from './chat.ts'
import { dropCheckpoints } from './dropCheckpoints.ts'
import { createRunStates } from './earlierRuns.ts'
import { reviewPlan } from './reviewPlan.ts'
import type { RecentListings } from './reviewPlan.ts'
import type { Rows } from './rows.ts'
import type { RunKeeper } from './runKeeper.ts'

export type HostDeps = {
  readonly storage: Storage
  readonly backends: Backends
  readonly rows: Rows
  readonly runs: RunKeeper
}

export function createRunHost({ storage, backends, rows, runs }: HostDeps): RunHost {
  const chat = createChat(backends)
  const states = createRunStates(storage)
  const recent: RecentListings = new Map()

  async function facts(read: ExamplesRead, models: readonly string[]): Promise<DatasetFacts> {
    const countings: Counting[] = []
    for (const model of models) {
      const renderer = await rendererOf(backends, model, recommendedRenderer(model))
      // Without a tokenizer the rows are known all the same; the reason shows when the model is used.
      if (renderer.ok) countings.push({ model, renderer: renderer.value })
    }
    return factsOf(read, countings)
  }

  return {
    connect(settings) {
      backends.select(settings.ref, settings.key)
      return backends.check(settings.ref)
    },
    async rememberKey(url, passphrase) {
      const key = backends.keyOf(url)
      if (key === null) {
        return diagnose('WK0005', { on: 'document' }, 'There is no key to remember: paste it and connect first.')
      }
      const kept = await rememberKey(storage, url, key, passphrase)
      return kept.ok ? null : kept.error
    },
    async unlockKey(url, passphrase) {
      const key = await unlockKey(storage, url, passphrase)
      if (!key.ok) return key.error
      backends.setKey(url, key.value)
      return null
    },
    async forgetKey(url) {
      backends.setKey(url, null)
      await forgetKey(storage, url)
    },
    start: (request) => runs.start(request),
    resume: (run, limits) => runs.resume(run, limits),
    pause: (run) => runs.pause(run),
    continue: (run) => runs.continue(run),
    stop: (run) => runs.stop(run),
    dropCheckpoints: (run) => dropCheckpoints(run, storage, backends),
    chat: chat.ask,
    cancelChat(id) {
      chat.cancel(id)
      return Promise.resolve()
    },
    async datasetFacts(request, assetText, models) {
      const read = await rows.read(request, assetText)
      return read.ok ? facts(read.value, models) : nothingKnown(read.error)
    },
    async previewRows(request, assetText, limit) {
      const text = await rows.text(request.source, assetText)
      return text.ok ? previewRows(request, text.value, limit) : nothingToShow(text.error)
    },
    async probeRewards({ dataset, rewards }, assetText) {
      const read = await rows.read(dataset, assetText)
      return read.ok ? probeRewards(answeredRows(read.value.examples), rewards) : null
    },
    reviewPlan: (request) => reviewPlan(request, { backends, states, recent, now: Date.now }),
  }
}

/** A bug in a method must reach the page as a diagnostic, not as a promise that dies in the log. */
export function guarded(host: RunHost): RunHost {
  const diagnostic = (error: unknown): Diagnostic => {
    const detail = error instanceof Error ? error.message : String(error)
    return diagnose('WK0006', { on: 'document' }, `Tunegraph itself failed: ${detail}.`, { data: { detail } })
  }
  const guardedCall =
    <A extends readonly unknown[]>(call: (...args: A) => Promise<Diagnostic | null>) =>
    (...args: A): Promise<Diagnostic | null> =>
      call(...args).catch(diagnostic)
  return {
    ...host,
    connect: (settings) => host.connect(settings).catch((error) => ({ ok: false, diagnostic: diagnostic(error) })),
    rememberKey: guardedCall(host.rememberKey),
    unlockKey: guardedCall(host.unlockKey),
    start: guardedCall(host.start),
    resume: guardedCall(host.resume),
    dropCheckpoints: guardedCall(host.dropCheckpoints),
    datasetFacts: (...args) => host.datasetFacts(...args).catch((error) => nothingKnown(diagnostic(error))),
    previewRows: (...args) => host.previewRows(...args).catch((error) => nothingToShow(diagnostic(error))),
    // Without a probe the run goes on as it would have.
    probeRewards: (...args) => host.probeRewards(...args).catch(() => null),
    reviewPlan: (request) => host.reviewPlan(request).catch(() => null),
  }
}

function nothingKnown(diagnostic: Diagnostic): DatasetFacts {
  const nothing = { fingerprint: '', columns: [], mapping: null, rows: 0, usable: 0, withAnswer: 0, tokens: [] }
  return { ...nothing, diagnostics: [diagnostic] }
}

function nothingToShow(diagnostic: Diagnostic): RowPreview {
  return { columns: [], raw: [], mapped: [], diagnostics: [diagnostic] }
}

/** What is known of the datasets that a document names: asked of the worker once per request, given to the compiler as pure data. */
import { proxy, ref } from 'valtio/vanilla'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { Result } from '../base/result.ts'
import type { DatasetFacts, DatasetRequest, Facts, ModelFacts } from '../ir/dataset.ts'
import { NO_FACTS } from '../ir/dataset.ts'
import { datasetKey } from '../ir/datasetKey.ts'
import { probeKey } from '../ir/rewardProbe.ts'
import type { ProbeRequest, RewardProbe } from '../ir/rewardProbe.ts'
import type { FactsService } from '../services/factsService.ts'
import type { RowPreview } from '../services/runService.ts'

/** How far the reading of one request is. */
export type FactsEntry =
  | { readonly phase: 'reading' }
  | { readonly phase: 'known'; readonly facts: DatasetFacts }
  | { readonly phase: 'failed'; readonly diagnostic: Diagnostic }

export type FactsState = {
  /** Replaced as a whole whenever anything became known: its identity is what the compiler memoises on. */
  facts: Facts
  /** By `datasetKey(request)`. */
  entries: { [key: string]: FactsEntry }
}

/** One dataset that the document needs. */
export type NeededDataset = {
  readonly request: DatasetRequest
  /** Text of its file; null for built-in sets, and for a file that is missing. */
  readonly assetText: string | null
  /** Base models whose tokenizers count. */
  readonly models: readonly string[]
}

/** Rewards over one dataset. */
export type NeededProbe = { readonly request: ProbeRequest; readonly assetText: string | null }

export type FactsStore = {
  readonly state: FactsState
  /** Says what the document needs now; reads what is new, forgets what is no longer needed. */
  need(datasets: readonly NeededDataset[]): void
  /** Says which rewards the drawing has now; looks at what is new, forgets what is gone. */
  probe(probes: readonly NeededProbe[]): void
  entryOf(request: DatasetRequest): FactsEntry | null
  /** Models of the backend as it connects and disconnects. */
  setModels(models: readonly ModelFacts[] | null): void
  preview(dataset: Omit<NeededDataset, 'models'>, limit: number): Promise<Result<RowPreview, Diagnostic>>
}

const NOTHING = { fingerprint: '', columns: [], mapping: null, rows: 0, usable: 0, withAnswer: 0, tokens: [] }

export function createFacts(service: FactsService): FactsStore {
  const state = proxy<FactsState>({ facts: ref(NO_FACTS), entries: {} })
  /** Models for which an entry was read; others need other token counts. */
  const asked = new Map<string, string>()
  /** By `probeKey`; null while somebody looks, or when there was nothing to see. */
  const probes = new Map<string, RewardProbe | null>()

  function modelsOf(key: string): number {
    return (asked.get(key) ?? '').split('\n').filter(Boolean).length
  }

  function put(key: string, entry: FactsEntry): void {
    state.entries[key] = ref(entry)
    publish(state.facts.models)
  }

  function publish(known: readonly ModelFacts[] | null): void {
    const datasets: { [key: string]: DatasetFacts } = {}
    for (const [key, entry] of Object.entries(state.entries)) {
      if (entry.phase === 'known') datasets[key] = entry.facts
      // The compiler would wait for ever for what cannot be read; so it is told what is known: nothing, and why.
      else if (entry.phase === 'failed') datasets[key] = { ...NOTHING, diagnostics: [entry.diagnostic] }
    }
    const probed = [...probes].filter((entry): entry is [string, RewardProbe] => entry[1] !== null)
    state.facts = ref({ datasets, models: known, probes: Object.fromEntries(probed) })
  }

  async function read(key: string, { request, assetText, models }: NeededDataset): Promise<void> {
    const those = models.join('\n')
    asked.set(key, those)
    // Facts for other models stay in use until the new ones are here: rows and mapping are the same.
    if (state.entries[key]?.phase !== 'known') state.entries[key] = ref({ phase: 'reading' })
    const answer = await service.facts(request, assetText, models)
    if (asked.get(key) !== those || !(key in state.entries)) return
    put(key, answer.ok ? { phase: 'known', facts: answer.value } : { phase: 'failed', diagnostic: answer.error })
  }

  return {
    state,
    need(datasets) {
      const needed = new Map(datasets.map((dataset) => [datasetKey(dataset.request), dataset]))
      const gone = Object.keys(state.entries).filter((key) => !needed.has(key))
      for (const key of gone) {
        delete state.entries[key]
        asked.delete(key)
      }
      if (gone.length > 0) publish(state.facts.models)
      for (const [key, dataset] of needed) {
        if (!(key in state.entries) || asked.get(key) !== dataset.models.join('\n')) void read(key, dataset)
      }
    },
    probe(needed) {
      const wanted = new Map(needed.map((probe) => [probeKey(probe.request), probe]))
      const gone = [...probes.keys()].filter((key) => !wanted.has(key))
      for (const key of gone) probes.delete(key)
      for (const [key, { request, assetText }] of wanted) {
        if (probes.has(key)) continue
        probes.set(key, null)
        void service.probe(request, assetText).then((found) => {
          // The drawing may have moved on meanwhile.
          if (!probes.has(key) || found === null) return
          probes.set(key, found)
          publish(state.facts.models)
        })
      }
    },
    entryOf: (request) => state.entries[datasetKey(request)] ?? null,
    setModels(known) {
      if (known === state.facts.models) return
      // What another backend could not read or count may be had from this one: it is asked again when next needed.
      for (const [key, entry] of Object.entries(state.entries)) {
        const counted = entry.phase !== 'known' || entry.facts.tokens.length === modelsOf(key)
        if (known !== null && (entry.phase === 'failed' || !counted)) asked.delete(key)
      }
      publish(known)
    },
    preview: ({ request, assetText }, limit) => service.preview(request, assetText, limit),
  }
}

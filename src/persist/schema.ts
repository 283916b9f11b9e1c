/** What is stored, store by store, and the upgrades that bring older databases up. */
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb'
import type { AssetRec, GraphDoc } from '../graph/model.ts'
import type { AssetId, DocId, RunId, StageId } from '../base/ids.ts'
import type { RolloutRecord, RunEvent } from '../ir/runEvent.ts'
import type { BackendRef } from '../ir/runEvent.ts'
import type { RunPhase } from '../ir/runState.ts'

export const DATABASE_NAME = 'tunegraph'
export const DATABASE_VERSION = 1

/** A document as stored: the text of its files is kept once per content in `assets`. */
export type StoredContent = Omit<GraphDoc, 'assets'> & { readonly assets: { readonly [id: string]: AssetHead } }
export type AssetHead = Omit<AssetRec, 'text'>

/** What the list of documents shows; the drawing itself is in `contents`, so that listing stays cheap. */
export type DocumentHead = {
  readonly id: DocId
  readonly title: string
  /** Milliseconds since the epoch. */
  readonly updatedAt: number
  readonly openedAt: number
  /** Counts saves; a save that finds another number than it last saw was overtaken by another tab. */
  readonly revision: number
  readonly assets: readonly AssetId[]
}

export type StoredDocument = { readonly id: DocId; readonly content: StoredContent }

export type StoredVersion = {
  readonly doc: DocId
  /** When it was current, milliseconds since the epoch; the key together with the document. */
  readonly at: number
  /** Given by a person; null for an automatic one, of which only the newest are kept. */
  readonly name: string | null
  readonly assets: readonly AssetId[]
  readonly content: StoredContent
}

export type StoredAsset = { readonly id: AssetId; readonly text: string; readonly addedAt: number }

/** What the list of runs shows without reading a log. */
export type RunHeader = {
  readonly id: RunId
  readonly title: string
  readonly docId: string
  readonly docVersion: number
  readonly planHash: string
  readonly backend: BackendRef
  readonly phase: RunPhase
  readonly startedAt: number
  readonly endedAt: number | null
  readonly updatedAt: number
  readonly lastSeq: number
  /** Files that the plan reads; kept as long as the run is. */
  readonly assets: readonly AssetId[]
  /** Sentence of the failure, if it failed. */
  readonly failure: string | null
}

/** Points of one series over about two seconds or more; steps ascending. */
export type MetricChunk = {
  readonly run: RunId
  readonly stage: StageId
  readonly series: string
  readonly index: number
  readonly firstStep: number
  readonly lastStep: number
  readonly steps: Float64Array
  readonly values: Float64Array
  readonly times: Float64Array
}

export type RolloutBatch = {
  readonly run: RunId
  readonly stage: StageId
  readonly index: number
  /** Rollouts of the stage ever written, this batch included: says what to drop without counting. */
  readonly countSoFar: number
  readonly firstStep: number
  readonly lastStep: number
  readonly rollouts: readonly RolloutRecord[]
}

export type StoredKey = {
  readonly url: string
  readonly salt: Uint8Array
  readonly iv: Uint8Array
  readonly iterations: number
  readonly sealed: Uint8Array
}

export type StoredBlob = { readonly key: string; readonly bytes: Uint8Array; readonly at: number }

export interface TunegraphSchema extends DBSchema {
  documents: { key: string; value: DocumentHead }
  contents: { key: string; value: StoredDocument }
  versions: { key: [string, number]; value: StoredVersion }
  assets: { key: string; value: StoredAsset }
  runs: { key: string; value: RunHeader; indexes: { startedAt: number } }
  events: { key: [string, number]; value: RunEvent }
  metrics: { key: [string, string, string, number]; value: MetricChunk }
  rollouts: { key: [string, string, number]; value: RolloutBatch }
  settings: { key: string; value: unknown }
  keys: { key: string; value: StoredKey }
  blobs: { key: string; value: StoredBlob }
}

export type Database = IDBPDatabase<TunegraphSchema>
export type UpgradeTransaction = IDBPTransaction<TunegraphSchema, StoreNames<TunegraphSchema>[], 'versionchange'>

/** Step `n` brings a database of version `n` to `n + 1`; steps are never edited once released. */
const UPGRADES: readonly ((db: Database, tx: UpgradeTransaction) => void)[] = [
  (db) => {
    db.createObjectStore('documents', { keyPath: 'id' })
    db.createObjectStore('contents', { keyPath: 'id' })
    db.createObjectStore('versions', { keyPath: ['doc', 'at'] })
    db.createObjectStore('assets', { keyPath: 'id' })
    db.createObjectStore('runs', { keyPath: 'id' }).createIndex('startedAt', 'startedAt')
    db.createObjectStore('events', { keyPath: ['run', 'seq'] })
    db.createObjectStore('metrics', { keyPath: ['run', 'stage', 'series', 'index'] })
    db.createObjectStore('rollouts', { keyPath: ['run', 'stage', 'index'] })
    db.createObjectStore('settings')
    db.createObjectStore('keys', { keyPath: 'url' })
    db.createObjectStore('blobs', { keyPath: 'key' })
  },
]

export function upgrade(db: Database, oldVersion: number, tx: UpgradeTransaction): void {
  for (const step of UPGRADES.slice(oldVersion)) step(db, tx)
}

/** Datasets as data: where rows come from, how columns map to a conversation, which part is used; and what is known of them. */
import type { Diagnostic } from '../base/diagnostic.ts'

export type DatasetSource =
  /** A set that ships with Tunegraph (`nodes/dataset/sets/NAME.jsonl`). */
  | { readonly type: 'builtin'; readonly name: string }
  /** A file kept in the document's assets. */
  | { readonly type: 'asset'; readonly asset: string; readonly name: string; readonly format: RowFormat }

export type RowFormat = 'jsonl' | 'json' | 'csv'

/** Which columns mean what. `auto` detects over all rows and is replaced by the detected mapping in the plan. */
export type ColumnMapping =
  | { readonly type: 'auto' }
  | { readonly type: 'messages'; readonly messages: string }
  | { readonly type: 'prompt'; readonly prompt: string; readonly answer: string | null; readonly system: string | null }

/** Identifies parsed rows independent of split; the key of facts and caches. */
export type DatasetRequest = { readonly source: DatasetSource; readonly mapping: ColumnMapping }

/** What a stage consumes. `part` is taken after a seeded shuffle: the first `heldoutRows` are held out, the rest train. */
export type DatasetSpec = DatasetRequest & {
  /** Node that defines it, for diagnostics. */
  readonly node: string
  readonly systemPrompt: string
  readonly part: 'all' | 'train' | 'heldout'
  readonly heldoutRows: number
  readonly splitSeed: number
  /** At most this many rows of the part; 0 = all. */
  readonly limit: number
}

/** What reading the rows told; data-aware diagnostics and step counts come from here. */
export type DatasetFacts = {
  /** SHA-256 (hex) of the canonical mapped rows. */
  readonly fingerprint: string
  readonly columns: readonly string[]
  readonly mapping: Exclude<ColumnMapping, { type: 'auto' }> | null
  /** Rows in the file, and rows that became examples. */
  readonly rows: number
  readonly usable: number
  /** Of the usable ones, how many carry an answer (assistant turn or answer column). */
  readonly withAnswer: number
  readonly diagnostics: readonly Diagnostic[]
  /** Per usable row, when a tokenizer was at hand: tokens of the prompt and of the completion as the renderer builds them. */
  readonly tokens: {
    readonly model: string
    readonly prompt: readonly number[]
    readonly completion: readonly number[]
  } | null
}

export type ModelFacts = { readonly name: string; readonly maxContext: number | null; readonly renderer: string }

/** Everything outside the document that the compiler may look at. Pure data, so that compiling stays pure. */
export type Facts = {
  /** By `datasetKey(request)`. Missing = not read yet. */
  readonly datasets: { readonly [key: string]: DatasetFacts }
  /** The backend's models; null while not connected. */
  readonly models: readonly ModelFacts[] | null
}

export const NO_FACTS: Facts = { datasets: {}, models: null }

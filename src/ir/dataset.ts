/** Datasets as data: where rows come from, how columns map to a conversation, which part is used; and what is known of them. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { RewardProbe } from './rewardProbe.ts'

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
  /** Node that set the limit, where that is not the dataset itself. */
  readonly limitedBy?: string
  /** Further datasets whose rows follow these: a mix. Each is taken by its own rules and holds no mix itself. */
  readonly more?: readonly DatasetSpec[]
}

/** A dataset and those mixed into it, in order. */
export function partsOf(spec: DatasetSpec): readonly DatasetSpec[] {
  return spec.more === undefined ? [spec] : [spec, ...spec.more]
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
  /** Absent where nobody looked into the text. */
  readonly content?: ContentFacts
  /** One for each model that meets the rows and whose tokenizer was at hand. */
  readonly tokens: readonly TokenCounts[]
}

/** Per usable row: tokens of the prompt and of the completion, as the model's renderer builds them. */
export type TokenCounts = {
  readonly model: string
  readonly prompt: readonly number[]
  readonly completion: readonly number[]
  /** Tokens before the first answer, -1 without one; absent where every answer is its row's only one and its last message. */
  readonly first?: readonly number[]
}

/** Null when nobody counted with the model's tokenizer. */
export function countsFor(facts: Pick<DatasetFacts, 'tokens'>, model: string): TokenCounts | null {
  return facts.tokens.find((counts) => counts.model === model) ?? null
}

/** What the text of the usable rows holds, for rules about data. */
export type ContentFacts = {
  /** Of all messages together; with the tokens of the rows it tells how much text a token is. */
  readonly characters: number
  /** Rows that repeat an earlier one word for word. */
  readonly repeats: number
  /** Per usable row, a 53-bit key of its prompt without case and spacing: equal keys, same question. */
  readonly promptKeys: readonly number[]
  /** Rows with more than one answer. */
  readonly multiTurn: number
  /** Rows that have answers, but end with another message. */
  readonly onlyEarlier: number
  /** Rows with an answer that thinks aloud (`<think>`). */
  readonly thinking: number
  /** Rows that hold a control token of a chat format as text, with the first one found. */
  readonly markers: { readonly rows: number; readonly line: number; readonly example: string } | null
  /** Rows whose turns chat formats are not made for, with what is odd about the first one. */
  readonly odd: { readonly rows: number; readonly line: number; readonly what: string } | null
}

export type ModelFacts = {
  readonly name: string
  readonly maxContext: number | null
  readonly renderer: string
  /** How many it has, where the server says. */
  readonly parameters?: number
}

/** Everything outside the document that the compiler may look at. Pure data, so that compiling stays pure. */
export type Facts = {
  /** By `datasetKey(request)`. Missing = not read yet. */
  readonly datasets: { readonly [key: string]: DatasetFacts }
  /** The backend's models; null while not connected. */
  readonly models: readonly ModelFacts[] | null
  /** By `probeKey(request)`. Missing = not probed yet. */
  readonly probes?: { readonly [key: string]: RewardProbe }
}

export const NO_FACTS: Facts = { datasets: {}, models: null }

/** The rows that a stage gets, over all parts of a mix: how many, with what facts, and their tokens where they were counted. */
import { countPart, indicesOfPart } from '../../base/rowPart.ts'
import { countsFor, partsOf } from '../../ir/dataset.ts'
import type { ContentFacts, DatasetFacts, DatasetSpec, Facts, TokenCounts } from '../../ir/dataset.ts'
import type { PipelineConfig } from '../../ir/pipelineConfig.ts'
import { factsOfSpec } from './lower.ts'
import type { LoweredGraph } from './lower.ts'

/** What the checks of one stage look at. */
export type StageRows = {
  /** Of the dataset, or of all datasets of a mix together; `learnable` also counts rows whose answers are followed by a message. */
  readonly facts: Pick<DatasetFacts, 'usable' | 'withAnswer'> & { readonly learnable: number }
  /** Rows of the stage's part. */
  readonly rows: number
  /** Tokens of those rows as the stage's model counts them; null when nobody counted with it. */
  readonly tokens: Pick<TokenCounts, 'prompt' | 'completion' | 'first'> | null
  /** What the model can read at most; null when the backend does not say. */
  readonly maxContext: number | null
  /** The model that they were counted for. */
  readonly model: string
  /** The same rows for each further model of an evaluation. */
  readonly others: readonly StageRows[]
}

/** Tokens of rows in their order: of the prompt, of what follows it, and before the first answer where there are several. */
export type RowTokens = NonNullable<StageRows['tokens']>

/** Every dataset that a stage reads, mixes taken apart. */
export function specsOfStage(stage: PipelineConfig): readonly DatasetSpec[] {
  const train = partsOf(stage.dataset)
  return stage.mode === 'sft' && stage.heldout ? [...train, ...partsOf(stage.heldout)] : train
}

type Known = {
  readonly facts: readonly (DatasetFacts | null)[]
  readonly models: Facts['models']
  readonly rows: StageRows | null
}

/** By dataset and model: most stages of a drawing share theirs, and counting rows is the same for all of them. */
const known = new WeakMap<DatasetSpec, Map<string, Known>>()

/** Null while the rows of one of the parts are unknown. */
export function stageRows(stage: PipelineConfig, lowered: LoweredGraph, facts: Facts): StageRows | null {
  if (stage.mode !== 'evaluate') return rowsFor(stage, stage.model.name, lowered, facts)
  const { policies } = stage.evaluation
  const first = policies[0]!.model.name
  const rows = rowsFor(stage, first, lowered, facts)
  if (!rows || policies.every(({ model }) => model.name === first)) return rows
  const names = new Set(policies.map(({ model }) => model.name).filter((name) => name !== first))
  const others = [...names].flatMap((name) => rowsFor(stage, name, lowered, facts) ?? [])
  return { ...rows, others }
}

function rowsFor(stage: PipelineConfig, model: string, lowered: LoweredGraph, facts: Facts): StageRows | null {
  const parts = partsOf(stage.dataset)
  let byModel = known.get(stage.dataset)
  if (!byModel) known.set(stage.dataset, (byModel = new Map()))
  const before = byModel.get(model)
  if (before?.models === facts.models && holdsFor(parts, before.facts, lowered)) return before.rows
  const behind = parts.map((spec) => factsOfSpec(lowered, spec))
  const rows = counted(parts, behind, model, facts)
  byModel.set(model, { facts: behind, models: facts.models, rows })
  return rows
}

function holdsFor(parts: readonly DatasetSpec[], facts: Known['facts'], lowered: LoweredGraph): boolean {
  for (let i = 0; i < parts.length; i++) if (factsOfSpec(lowered, parts[i]!) !== facts[i]) return false
  return true
}

function counted(
  parts: readonly DatasetSpec[],
  behind: readonly (DatasetFacts | null)[],
  model: string,
  facts: Facts,
): StageRows | null {
  let usable = 0
  let withAnswer = 0
  let learnable = 0
  let rows = 0
  let tokens: StageRows['tokens'] = { prompt: [], completion: [] }
  for (const [i, spec] of parts.entries()) {
    const told = behind[i]
    if (!told) return null
    usable += told.usable
    withAnswer += told.withAnswer
    learnable += told.withAnswer + (told.content?.onlyEarlier ?? 0)
    rows += countPart(told.usable, spec)
    const own = tokensOf(told, spec, model)
    if (parts.length === 1) tokens = own
    else if (tokens) tokens = own && together(tokens, own)
  }
  const maxContext = facts.models?.find((m) => m.name === model)?.maxContext ?? null
  return { facts: { usable, withAnswer, learnable }, rows, tokens, maxContext, model, others: NONE }
}

const NONE: readonly StageRows[] = []

function together(a: RowTokens, b: RowTokens): RowTokens {
  const both = { prompt: [...a.prompt, ...b.prompt], completion: [...a.completion, ...b.completion] }
  return a.first || b.first ? { ...both, first: [...firstAnswers(a), ...firstAnswers(b)] } : both
}

/** Tokens before the first answer of each row, -1 without one. */
export function firstAnswers({ prompt, completion, first }: RowTokens): readonly number[] {
  return first ?? prompt.map((tokens, i) => (completion[i]! > 0 ? tokens : -1))
}

const tokensOfParts = new WeakMap<TokenCounts, Map<string, RowTokens>>()

/** The same object for the same rows, so that what follows from them can be remembered by it. */
export function tokensOf(facts: DatasetFacts, spec: DatasetSpec, model: string): StageRows['tokens'] {
  const tokens = countsFor(facts, model)
  if (!tokens || tokens.prompt.length < facts.usable) return null
  let parts = tokensOfParts.get(tokens)
  if (!parts) tokensOfParts.set(tokens, (parts = new Map()))
  const { systemPrompt } = spec
  const key = systemPrompt === '' ? partKey(spec) : `${partKey(spec)} ${systemPrompt}`
  let own = parts.get(key)
  if (!own) {
    const indices = indicesOfPart(facts.usable, spec)
    const { first } = tokens
    const added = systemPrompt === '' ? 0 : systemTokens(systemPrompt, tokens, facts.content)
    own = {
      prompt: indices.map((i) => tokens.prompt[i]! + added),
      completion: indices.map((i) => tokens.completion[i] ?? 0),
      ...(first ? { first: indices.map((i) => (first[i]! < 0 ? -1 : first[i]! + added)) } : {}),
    }
    parts.set(key, own)
  }
  return own
}

/** Characters of a token where nobody looked into the text. */
const USUAL_LENGTH = 4

/** About as many tokens as the node's system prompt has, which is put before rows that were counted without it. */
function systemTokens(text: string, { prompt, completion }: TokenCounts, content: ContentFacts | undefined): number {
  let tokens = 0
  for (let i = 0; i < prompt.length; i++) tokens += prompt[i]! + (completion[i] ?? 0)
  const each = content && tokens > 0 ? content.characters / tokens : USUAL_LENGTH
  return Math.ceil(text.length / (each || USUAL_LENGTH))
}

/** Equal keys, equal rows of one set. */
export function partKey({ part, heldoutRows, splitSeed, limit }: DatasetSpec): string {
  return `${part} ${heldoutRows} ${splitSeed} ${limit}`
}

/** A count over rows within a bound on their tokens, made once for the same rows and bound: stages share both. */
export function perBound<T>(count: (tokens: RowTokens, bound: number) => T): (tokens: RowTokens, bound: number) => T {
  const made = new WeakMap<RowTokens, Map<number, T>>()
  return (tokens, bound) => {
    let byBound = made.get(tokens)
    if (!byBound) made.set(tokens, (byBound = new Map()))
    let result = byBound.get(bound)
    if (result === undefined) byBound.set(bound, (result = count(tokens, bound)))
    return result
  }
}

/** Tokens that training on all rows reads: each row cut at the longest sequence, without its last token, which is only predicted. */
export const cutTokens = perBound(({ prompt, completion }, longest) =>
  prompt.reduce((sum, tokens, i) => sum + Math.max(0, Math.min(tokens + completion[i]!, longest) - 1), 0),
)

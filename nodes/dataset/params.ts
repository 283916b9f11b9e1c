/** Params of a dataset node: where rows come from, what their columns mean, and how they are divided. */
import * as v from 'valibot'
import type { Json } from '#src/base/canonicalJson.ts'
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { ColumnMapping, DatasetSource } from '#src/ir/dataset.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'
import { builtinSets } from './builtinSets.ts'
import { seedControl } from '#nodes/_shared/optimizer.ts'

export type DatasetParams = {
  source: DatasetSource
  mapping: ColumnMapping
  systemPrompt: string
  heldoutRows: number
  splitSeed: number
  limit: number
}

const columnName = v.pipe(v.string(), v.minLength(1), v.maxLength(200))

const sourceSchema = v.variant('type', [
  v.strictObject({ type: v.literal('builtin'), name: v.picklist(builtinSets.map((set) => set.name)) }),
  v.strictObject({
    type: v.literal('asset'),
    asset: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    name: v.pipe(v.string(), v.maxLength(500)),
    format: v.picklist(['jsonl', 'json', 'csv']),
  }),
])

const mappingSchema = v.variant('type', [
  v.strictObject({ type: v.literal('auto') }),
  v.strictObject({ type: v.literal('messages'), messages: columnName }),
  v.strictObject({
    type: v.literal('prompt'),
    prompt: columnName,
    answer: v.nullable(columnName),
    system: v.nullable(columnName),
  }),
])

const fields: readonly FieldSpec<DatasetParams>[] = [
  {
    key: 'source',
    label: 'Rows',
    help: 'A set that comes with Tunegraph, or your own JSON, JSONL or CSV file. A file is kept inside the document, so that a colleague gets it too.',
    control: { type: 'dataset', builtin: builtinSets },
  },
  {
    key: 'mapping',
    label: 'Columns',
    help: 'Which columns are the conversation. Automatic looks at all rows and knows messages, prompt/completion, instruction/output and question/answer.',
    control: { type: 'mapping' },
  },
  {
    key: 'systemPrompt',
    label: 'System prompt',
    help: 'Put before every row that has no system message of its own. Train and evaluate with the same one; empty adds nothing.',
    control: {
      type: 'text',
      multiline: true,
      placeholder: 'none, e.g. You are a helpful assistant.',
      maxLength: 20_000,
    },
  },
  {
    key: 'heldoutRows',
    label: 'Held-out rows',
    help: 'Rows kept away from training for the “Held-out” port. 100 to 500 measure well; 0 trains on everything.',
    unit: 'rows',
    section: 'Split',
    control: { type: 'number', min: 0, max: 1_000_000, step: 1, integer: true, zero: 'none' },
  },
  {
    key: 'splitSeed',
    label: 'Split seed',
    help: 'Decides which rows are held out or taken. Keep it, or results before and after are measured on different rows.',
    section: 'Split',
    advanced: true,
    control: seedControl,
  },
  {
    key: 'limit',
    label: 'Use at most',
    help: 'Takes a random part of the training rows, for a quick try. 0 uses all.',
    unit: 'rows',
    section: 'Split',
    control: { type: 'number', min: 0, max: 10_000_000, step: 1, integer: true, zero: 'all rows' },
  },
]

export const datasetRules: ParamRules<DatasetParams> = {
  defaults: {
    source: { type: 'builtin', name: 'pig-latin-sft' },
    mapping: { type: 'auto' },
    systemPrompt: '',
    heldoutRows: 0,
    splitSeed: 0,
    limit: 0,
  },
  fields,
  composite: {
    source: (value) => explain(sourceSchema, value, 'Rows must be a built-in set or a file of this document'),
    mapping: (value) =>
      explain(mappingSchema, value, 'Columns must be automatic, a messages column, or prompt and answer columns'),
  },
}

function explain(schema: v.GenericSchema, value: Json, sentence: string): string | null {
  const parsed = v.safeParse(schema, value)
  if (parsed.success) return null
  const issue = parsed.issues[0]
  const path = v.getDotPath(issue)
  return `${sentence}: ${path ? `${path}: ` : ''}expected ${issue.expected ?? 'another value'}, got ${issue.received}.`
}

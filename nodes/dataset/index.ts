import { defineKind } from '#src/kinds/defineKind.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { always, output } from '#nodes/_shared/ports.ts'
import { lowerDataset, requestOf } from './lower.ts'
import { datasetRules } from './params.ts'
import type { DatasetParams } from './params.ts'

export default defineKind<DatasetParams>({
  kind: 'dataset',
  version: 1,
  title: 'Dataset',
  group: 'data',
  icon: 'database',
  synonyms: ['data', 'rows', 'examples', 'jsonl', 'csv', 'file', 'prompts', 'split'],
  description: 'Rows to train on or to measure with, from a built-in set or your own file.',
  size: { width: 264, height: 160 },
  defaults: datasetRules.defaults,
  parse: (raw, at) => parseFields(datasetRules, raw, at),
  migrations: [],
  fields: datasetRules.fields,
  ports: always(
    output({ key: 'rows', label: 'Rows', type: 'dataset', help: 'The rows to train on: all but the held-out ones.' }),
    output({ key: 'heldout', label: 'Held-out', type: 'dataset', help: 'The rows kept away from training.' }),
  ),
  factRequests: (params) => [requestOf(params)],
  lower: lowerDataset,
  summary: (params) =>
    [
      params.source.name,
      params.limit > 0 ? `≤ ${params.limit} rows` : '',
      params.heldoutRows > 0 ? `${params.heldoutRows} held out` : '',
    ]
      .filter(Boolean)
      .join(' · '),
  assets: (params) => (params.source.type === 'asset' ? [params.source.asset] : []),
})

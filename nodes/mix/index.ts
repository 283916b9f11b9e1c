import { defineKind } from '#src/kinds/defineKind.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { always, output, several } from '#nodes/_shared/ports.ts'
import { lowerMix } from './lower.ts'
import { mixRules } from './params.ts'
import type { MixParams } from './params.ts'

export default defineKind<MixParams>({
  kind: 'mix',
  version: 1,
  title: 'Mix',
  group: 'data',
  icon: 'combine',
  synonyms: ['combine', 'concat', 'merge datasets', 'mixture', 'blend', 'join'],
  description: 'Puts the rows of several datasets together, all of them or equally many of each.',
  size: { width: 208, height: 112 },
  defaults: mixRules.defaults,
  parse: (raw, at) => parseFields(mixRules, raw, at),
  migrations: [],
  fields: mixRules.fields,
  ports: always(
    several({ key: 'datasets', label: 'Datasets', type: 'dataset', help: 'Any number of datasets or parts of them.' }),
    output({ key: 'rows', label: 'Rows', type: 'dataset', help: 'The rows of all of them.' }),
  ),
  lower: lowerMix,
  summary: ({ take, atMost }) =>
    `${take === 'all' ? 'all rows' : 'equal shares'}${atMost > 0 ? ` · ≤ ${atMost} each` : ''}`,
})

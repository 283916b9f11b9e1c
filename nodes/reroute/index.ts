import { defineKind } from '#src/kinds/defineKind.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { output, required } from '#nodes/_shared/ports.ts'
import { lowerReroute } from './lower.ts'
import { rerouteRules } from './params.ts'
import type { RerouteParams } from './params.ts'

export default defineKind<RerouteParams>({
  kind: 'reroute',
  version: 1,
  title: 'Reroute',
  group: 'annotate',
  icon: 'spline',
  synonyms: ['detour', 'dot', 'bend', 'wire', 'junction'],
  description: 'A point that a wire passes through, to keep long wires tidy.',
  size: { width: 160, height: 72 },
  defaults: rerouteRules.defaults,
  parse: (raw, at) => parseFields(rerouteRules, raw, at),
  migrations: [],
  fields: rerouteRules.fields,
  ports: ({ carries }) => [
    required({ key: 'in', label: 'In', type: carries, help: 'The wire that comes in.' }),
    output({ key: 'out', label: 'Out', type: carries, help: 'The same, to any number of inputs.' }),
  ],
  passThrough: () => ({ out: 'in' }),
  lower: lowerReroute,
  summary: ({ carries }) => carries,
})

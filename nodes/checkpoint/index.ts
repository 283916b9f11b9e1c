import { defineKind } from '#src/kinds/defineKind.ts'
import { count } from '#nodes/_shared/numbers.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { always, output, required } from '#nodes/_shared/ports.ts'
import { lowerCheckpoint } from './lower.ts'
import { checkpointRules } from './params.ts'
import type { CheckpointParams } from './params.ts'

export default defineKind<CheckpointParams>({
  kind: 'checkpoint',
  version: 1,
  title: 'Checkpoint',
  group: 'output',
  icon: 'save',
  synonyms: ['save', 'weights', 'state', 'snapshot', 'branch', 'export'],
  description: 'Saves the weights of the trainer before it; also the place to branch from.',
  size: { width: 264, height: 144 },
  defaults: checkpointRules.defaults,
  parse: (raw, at) => parseFields(checkpointRules, raw, at),
  migrations: [],
  fields: checkpointRules.fields,
  ports: always(
    required({
      key: 'policy',
      label: 'Policy',
      type: 'policy',
      help: 'The trainer to save, or another checkpoint of it.',
    }),
    output({
      key: 'saved',
      label: 'Saved',
      type: 'policy',
      help: 'The saved weights: start here, as often as you like.',
    }),
  ),
  lower: lowerCheckpoint,
  summary: (params) =>
    [
      params.name,
      params.every > 0 ? `every ${count(params.every, 'step')}` : 'at the end',
      params.keep ? '' : `for ${count(params.ttlHours, 'hour')}`,
    ]
      .filter(Boolean)
      .join(' · '),
})

import { defineKind } from '#src/kinds/defineKind.ts'
import { brief } from '#nodes/_shared/numbers.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { always, output, required } from '#nodes/_shared/ports.ts'
import { lowerGate } from './lower.ts'
import { gateRules } from './params.ts'
import type { GateParams } from './params.ts'

export default defineKind<GateParams>({
  kind: 'gate',
  version: 1,
  title: 'Gate',
  group: 'output',
  icon: 'filter',
  synonyms: ['condition', 'if', 'branch', 'stop', 'threshold', 'quality gate', 'contract'],
  description: 'Goes on with a policy only if its score holds; otherwise takes another branch, or stops.',
  size: { width: 232, height: 160 },
  defaults: gateRules.defaults,
  parse: (raw, at) => parseFields(gateRules, raw, at),
  migrations: [],
  fields: gateRules.fields,
  ports: always(
    required({ key: 'policy', label: 'Policy', type: 'policy', help: 'The policy that is judged and handed on.' }),
    required({ key: 'scores', label: 'Scores', type: 'scores', help: 'An evaluation that measures this policy.' }),
    output({ key: 'passed', label: 'Passed', type: 'policy', help: 'The policy, where the score holds.' }),
    output({
      key: 'failed',
      label: 'Failed',
      type: 'policy',
      help: 'The policy, where it does not. Unwired: the branch ends.',
    }),
  ),
  lower: lowerGate,
  summary: ({ comparison, threshold, against }) => {
    const sign = comparison === 'at-least' ? '≥' : '≤'
    return against === 'first'
      ? `score ${sign} first ${threshold < 0 ? '−' : '+'} ${brief(Math.abs(threshold))}`
      : `score ${sign} ${brief(threshold)}`
  },
})

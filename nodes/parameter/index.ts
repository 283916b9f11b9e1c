import { defineKind } from '#src/kinds/defineKind.ts'
import { brief } from '#nodes/_shared/numbers.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { lowerParameter } from './lower.ts'
import { heldBy, parameterOf, parameterRules, valueOf } from './params.ts'
import type { ParameterParams } from './params.ts'

export default defineKind<ParameterParams>({
  kind: 'parameter',
  version: 1,
  title: 'Parameter',
  group: 'annotate',
  icon: 'variable',
  synonyms: ['variable', 'constant', 'graph parameter', 'shared value', 'input'],
  description: 'A named value that any field of the graph can take, so that it is set in one place.',
  size: { width: 208, height: 96 },
  defaults: parameterRules.defaults,
  parse: (raw, at) => parseFields(parameterRules, raw, at),
  migrations: [],
  fields: parameterRules.fields,
  ports: () => [],
  parameter: (params) => ({ name: params.name, value: valueOf(params), field: heldBy(params.type) }),
  parameterOf,
  renamed: (params, from, to) => (params.name === from ? { ...params, name: to } : params),
  lower: lowerParameter,
  summary: (params) => {
    const value = valueOf(params)
    return `${params.name} = ${typeof value === 'number' ? brief(value) : String(value).split('\n', 1)[0]!}`
  },
})

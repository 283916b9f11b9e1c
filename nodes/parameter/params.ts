/** Params of a graph parameter: its name and its value, which is a number, a text or a switch. */
import type { Scalar } from '#src/ir/pipelineConfig.ts'
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'

export type ParameterParams = {
  name: string
  type: 'number' | 'text' | 'switch'
  number: number
  text: string
  on: boolean
}

const unless =
  (type: ParameterParams['type']) =>
  (params: ParameterParams): boolean =>
    params.type !== type

const fields: readonly FieldSpec<ParameterParams>[] = [
  {
    key: 'name',
    label: 'Name',
    help: 'How fields and sweeps refer to it, e.g. lr. Letters, digits, dashes and underscores; different for each parameter.',
    control: { type: 'text', multiline: false, placeholder: 'lr', maxLength: 40, names: 'parameter' },
  },
  {
    key: 'type',
    label: 'Type',
    help: 'What kind of value it is. A field refuses one that it could not hold itself.',
    control: {
      type: 'select',
      options: [
        { value: 'number', label: 'Number' },
        { value: 'text', label: 'Text' },
        { value: 'switch', label: 'On or off' },
      ],
    },
  },
  {
    key: 'number',
    label: 'Value',
    help: 'The number that every bound field takes.',
    hiddenIf: unless('number'),
    control: { type: 'number', min: -1e12, max: 1e12, step: 1, integer: false },
  },
  {
    key: 'text',
    label: 'Value',
    help: 'The text that every bound field takes, e.g. the name of a model.',
    hiddenIf: unless('text'),
    control: { type: 'text', multiline: false, placeholder: 'tunegraph/tiny-1m', maxLength: 2000 },
  },
  {
    key: 'on',
    label: 'On',
    help: 'What every bound switch takes.',
    hiddenIf: unless('switch'),
    control: { type: 'switch' },
  },
]

export const parameterRules: ParamRules<ParameterParams> = {
  defaults: { name: 'lr', type: 'number', number: 1e-4, text: '', on: false },
  fields,
  composite: {
    name: (value) =>
      typeof value === 'string' && isParameterName(value)
        ? null
        : `Name must be 1 to 40 letters, digits, dashes and underscores, beginning with a letter, not ${JSON.stringify(value)}.`,
  },
}

export function isParameterName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(name)
}

export function valueOf({ type, number, text, on }: ParameterParams): Scalar {
  return type === 'number' ? number : type === 'text' ? text : on
}

/** The param that holds the value of a parameter of this type. */
export function heldBy(type: ParameterParams['type']): 'number' | 'text' | 'on' {
  return type === 'switch' ? 'on' : type
}

export function parameterOf(name: string, value: Scalar): ParameterParams {
  const { defaults } = parameterRules
  if (typeof value === 'number') return { ...defaults, name, type: 'number', number: value }
  if (typeof value === 'string') return { ...defaults, name, type: 'text', text: value }
  return { ...defaults, name, type: 'switch', on: value }
}

/** Why a control refuses a value: the inspector says it while typing and a kind's parse says it on loading, in the same words. */
import type { FieldControl, FieldSpec } from './contract.ts'

/** Names of models are repository-like; anything else is a slip or an attack on the place that it is sent to. */
const MODEL_NAME = /^[A-Za-z0-9][\w.:-]*(\/[\w.:-]+)*$/

/** One sentence, or null when the value is fine. Composite controls (`dataset`, `mapping`) are checked by their kind. */
export function refusalOf(field: FieldSpec<never>, value: unknown): string | null {
  const expected = expectation(field.control, value)
  if (expected === null) return null
  const unit = field.unit && field.control.type === 'number' ? ` ${field.unit}` : ''
  return `${field.label} must be ${expected}${unit}, not ${shown(value)}.`
}

function expectation(control: FieldControl, value: unknown): string | null {
  switch (control.type) {
    case 'number': {
      const { min, max, integer } = control
      const fits = typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value))
      return fits ? null : `a ${integer ? 'whole number' : 'number'} from ${min} to ${max}`
    }
    case 'select':
      return control.options.some((option) => option.value === value)
        ? null
        : `one of ${control.options.map((option) => option.value).join(', ')}`
    case 'choice':
      return control.options.some((option) => option === value) ? null : `one of ${control.options.join(', ')}`
    case 'text':
      return typeof value === 'string' && value.length <= control.maxLength && value.isWellFormed()
        ? null
        : `text of at most ${control.maxLength} characters`
    case 'switch':
      return typeof value === 'boolean' ? null : 'on or off (true or false)'
    case 'model':
      return typeof value === 'string' && value.length <= 200 && MODEL_NAME.test(value)
        ? null
        : 'the name of a model, like family/model'
    case 'dataset':
    case 'mapping':
      return null
  }
}

/** A value as people would write it, short enough for a sentence. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

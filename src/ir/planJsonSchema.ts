/** The JSON Schema (2020-12) of a plan, made from the schema that reads plans, so that the two cannot differ. */
import { planSchema } from './parsePlan.ts'
import { IR_VERSION } from './pipelineConfig.ts'

type JsonSchema = { readonly [key: string]: unknown }

/** What of a valibot schema is looked at here. */
type Described = {
  readonly type: string
  readonly entries?: Readonly<Record<string, Described>>
  readonly options?: readonly unknown[]
  readonly item?: Described
  readonly value?: unknown
  readonly wrapped?: Described
  readonly literal?: unknown
  readonly pipe?: readonly (Described & { readonly requirement?: unknown })[]
}

export function planJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `https://tunegraph.dev/schemas/plan-${IR_VERSION}.json`,
    title: 'Tunegraph plan',
    description: 'Ordered stages of a post-training pipeline with their content hashes and estimates.',
    ...schemaOf(planSchema as unknown as Described),
  }
}

function schemaOf(described: Described): JsonSchema {
  const base = typeOf(described)
  const rules = (described.pipe ?? []).slice(1).map(ruleOf)
  return Object.assign({}, base, ...rules) as JsonSchema
}

function typeOf(described: Described): JsonSchema {
  switch (described.type) {
    case 'strict_object': {
      const entries = Object.entries(described.entries ?? {})
      return {
        type: 'object',
        properties: Object.fromEntries(entries.map(([key, entry]) => [key, schemaOf(entry)])),
        required: entries.filter(([, entry]) => entry.type !== 'optional').map(([key]) => key),
        additionalProperties: false,
      }
    }
    case 'variant':
    case 'union':
      return { anyOf: (described.options ?? []).map((option) => schemaOf(option as Described)) }
    case 'array':
      return { type: 'array', items: schemaOf(described.item!) }
    case 'record':
      return { type: 'object', additionalProperties: schemaOf(described.value as Described) }
    case 'nullable':
      return { anyOf: [schemaOf(described.wrapped!), { type: 'null' }] }
    case 'optional':
      return schemaOf(described.wrapped!)
    case 'literal':
      return { const: described.literal }
    case 'picklist':
      return { enum: described.options ?? [] }
    case 'string':
    case 'number':
    case 'boolean':
      return { type: described.type }
    default:
      throw new Error(`the plan's schema uses ${described.type}, which has no words in JSON Schema yet`)
  }
}

function ruleOf({ type, requirement }: { readonly type: string; readonly requirement?: unknown }): JsonSchema {
  switch (type) {
    case 'integer':
      return { type: 'integer' }
    case 'min_value':
      return { minimum: requirement }
    case 'max_value':
      return { maximum: requirement }
    case 'regex':
      return { pattern: (requirement as RegExp).source }
    // JSON has no other numbers.
    case 'finite':
      return {}
    // A value that was described before, with rules of its own.
    case 'number':
    case 'string':
      return {}
    default:
      throw new Error(`the plan's schema uses the rule ${type}, which has no words in JSON Schema yet`)
  }
}

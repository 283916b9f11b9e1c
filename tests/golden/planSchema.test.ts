/** The published schema is what the code reads, and every golden plan is valid by it. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { planJsonSchema } from '#src/ir/planJsonSchema.ts'
import { expectGolden } from '../support/golden.ts'

type Schema = { readonly [key: string]: unknown }

/** Validates by the keywords that the schema uses; the first place that does not fit, or null. */
function misfit(value: unknown, schema: Schema, at = '$'): string | null {
  const { anyOf, type, enum: allowed, pattern, minimum, maximum, items } = schema
  if (Array.isArray(anyOf)) {
    const tried = (anyOf as Schema[]).map((option) => misfit(value, option, at))
    return tried.includes(null) ? null : (tried[0] ?? at)
  }
  if ('const' in schema && value !== schema['const']) return at
  if (Array.isArray(allowed) && !allowed.includes(value)) return at
  if (type === 'integer' && !Number.isInteger(value)) return at
  if (type === 'object' && (typeof value !== 'object' || value === null || Array.isArray(value))) return at
  if (type === 'array' && !Array.isArray(value)) return at
  if ((type === 'string' || type === 'number' || type === 'boolean') && typeof value !== type) return at
  if (type === 'null' && value !== null) return at
  if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(String(value))) return at
  if (typeof minimum === 'number' && (value as number) < minimum) return at
  if (typeof maximum === 'number' && (value as number) > maximum) return at
  if (type === 'array') return firstOf((value as unknown[]).map((item, i) => misfit(item, items as Schema, `${at}[${i}]`)))
  if (type !== 'object') return null
  const { properties = {}, required = [], additionalProperties } = schema as {
    properties?: Record<string, Schema>
    required?: string[]
    additionalProperties?: Schema | false
  }
  const missing = required.find((key) => !Object.hasOwn(value as object, key))
  if (missing !== undefined) return `${at}.${missing}`
  return firstOf(
    Object.entries(value as object).map(([key, item]) => {
      const own = Object.hasOwn(properties, key) ? properties[key]! : additionalProperties
      return own === false || own === undefined ? `${at}.${key}` : misfit(item, own, `${at}.${key}`)
    }),
  )
}

function firstOf(found: readonly (string | null)[]): string | null {
  return found.find((place) => place !== null) ?? null
}

test('docs/plan.schema.json is the schema that plans are read by', () => {
  expectGolden('docs/plan.schema.json', planJsonSchema())
})

const folder = new URL('plans/', import.meta.url)
test.each(readdirSync(folder).filter((name) => name.endsWith('.json')))('%s is valid, and broken it is not', (name) => {
  const plan = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { stages: Record<string, unknown>[] }
  expect(misfit(plan, planJsonSchema())).toBeNull()
  expect(misfit({ ...plan, irVersion: 1 }, planJsonSchema())).toBe('$.irVersion')
  expect(misfit({ ...plan, stages: [{ ...plan.stages[0], extra: 1 }] }, planJsonSchema())).not.toBeNull()
})

/** Price tables that people write, with a sentence about what is wrong with them. */
import * as v from 'valibot'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import { priceSchema } from './prices.ts'
import type { PriceTable } from './prices.ts'

/** The error is one sentence that names the place. */
export function parsePrices(value: unknown): Result<PriceTable, string> {
  const parsed = v.safeParse(priceSchema, value)
  if (parsed.success) return ok(parsed.output)
  const issue = parsed.issues[0]
  const path = (issue.path ?? []).map(({ key }) => String(key))
  const place = path.length === 0 ? 'the table' : `“${path.join(' › ')}”`
  if (issue.type === 'strict_object' && issue.expected === 'never') return wrong(`${place} is no part of a price table`)
  if (issue.received === 'undefined') return wrong(`${place} is missing`)
  const expected = OWN_WORDS.has(issue.type) ? issue.message : (EXPECTED[issue.type] ?? 'something else')
  return wrong(`${place} must be ${expected}, not ${issue.received}`)
}

/** Checks of the schema that say in words what they expect, and what the others do. */
const OWN_WORDS: ReadonlySet<string> = new Set(['check', 'number', 'finite', 'min_value'])
const EXPECTED: { readonly [type: string]: string } = {
  strict_object: 'a group of settings',
  record: 'a group of prices by model',
  array: 'a list of models',
  string: 'a text',
}

function wrong(why: string): Result<PriceTable, string> {
  return err(`The prices cannot be read: ${why}.`)
}

/** Tokens → dollars. Formulas: what the service bills are tokens trained on, tokens of prompts, and tokens sampled. */
import { priceOf } from './prices.ts'
import type { PriceTable } from './prices.ts'
import type { Spent } from './spent.ts'

export type { Spent } from './spent.ts'

export const NOTHING_SPENT: Spent = { trained: 0, prefilled: 0, cached: 0, sampled: 0 }

export function added(a: Spent, b: Spent): Spent {
  return {
    trained: a.trained + b.trained,
    prefilled: a.prefilled + b.prefilled,
    cached: a.cached + b.cached,
    sampled: a.sampled + b.sampled,
  }
}

/** US dollars; null when the table does not know the model. */
export function costOf(model: string, spent: Spent, table: PriceTable): number | null {
  const price = priceOf(model, table)
  if (!price) return null
  const { trained, prefilled, cached, sampled } = spent
  const prompts = (prefilled + cached * table.cachedPrefill) * price.prefill
  return (trained * price.train + prompts + sampled * price.sample) / 1e6
}

/** US dollars for keeping `bytes` for so many days; a month has 30. */
export function storageCost(bytes: number, days: number, table: PriceTable): number {
  return (bytes / 1e9) * table.storagePerGbMonth * (days / 30)
}

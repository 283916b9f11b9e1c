/** Tokens → dollars. Formulas: what the service bills are tokens trained on, tokens of prompts, and tokens sampled. */
import { priceOf } from './prices.ts'
import type { PriceTable } from './prices.ts'

/** Tokens of one model. Fractions are fine in estimates. */
export type Spent = {
  /** Through `forward` and `forward_backward` alike: whole sequences, the masked prompt included. */
  readonly trained: number
  /** Prompts read anew. */
  readonly prefilled: number
  /** Prompts read again by further samples of a group. */
  readonly cached: number
  readonly sampled: number
}

export const NOTHING_SPENT: Spent = { trained: 0, prefilled: 0, cached: 0, sampled: 0 }

export function added(a: Spent, b: Spent): Spent {
  return {
    trained: a.trained + b.trained,
    prefilled: a.prefilled + b.prefilled,
    cached: a.cached + b.cached,
    sampled: a.sampled + b.sampled,
  }
}

/** What a run has used so far, over all times that it went on. */
export type RunSpent = {
  readonly models: { readonly [model: string]: Spent }
  /** Wall-clock minutes while it was being carried out. */
  readonly minutes: number
}

export const RUN_SPENT_NOTHING: RunSpent = { models: {}, minutes: 0 }

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

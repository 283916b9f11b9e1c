/**
 * What the hosted service charges, as dated data: prices change, so whoever shows a sum shows the date, too. Another table
 * may be given in place of this one (`readPrices`).
 */
import * as v from 'valibot'

/** US dollars per million tokens. */
export type ModelPrice = { readonly prefill: number; readonly sample: number; readonly train: number }

export type PriceTable = {
  /** Day on which the prices were read, YYYY-MM-DD. */
  readonly asOf: string
  readonly source: string
  /** Share of the prefill price that a cached token costs. */
  readonly cachedPrefill: number
  /** US dollars per gigabyte (1e9 bytes) and 30 days. */
  readonly storagePerGbMonth: number
  readonly models: { readonly [model: string]: ModelPrice }
  /** Models that cost nothing, as they run on this machine. */
  readonly free: readonly string[]
}

const price = (prefill: number, sample: number, train: number): ModelPrice => ({ prefill, sample, train })

/** Public price list of the service as transcribed until 2026-10-07; rows whose prices were not all published are absent. */
export const PRICES: PriceTable = {
  asOf: '2026-10-07',
  source: 'tinker-docs.thinkingmachines.ai/tinker/models.json',
  cachedPrefill: 0.2,
  storagePerGbMonth: 0.1,
  free: ['tunegraph/tiny-1m', 'tunegraph/tiny-4m'],
  models: {
    'Qwen/Qwen3-8B': price(0.195, 0.6, 0.44),
    'Qwen/Qwen3.5-4B': price(0.33, 1.005, 0.737),
    'Qwen/Qwen3.5-9B': price(0.66, 1.995, 1.463),
    'Qwen/Qwen3.5-9B-Base': price(0.66, 1.995, 1.463),
    'Qwen/Qwen3.5-35B-A3B-Base': price(0.54, 1.335, 1.177),
    'Qwen/Qwen3.6-35B-A3B': price(0.54, 1.335, 1.177),
    'Qwen/Qwen3.6-27B': price(1.86, 5.595, 4.103),
    'Qwen/Qwen3.8-27B': price(1.86, 5.595, 4.103),
    'Qwen/Qwen3.5-397B-A17B': price(3, 7.5, 6.6),
    'openai/gpt-oss-20b': price(0.18, 0.45, 0.396),
    'openai/gpt-oss-120b': price(0.33, 0.84, 0.737),
    'nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16': price(0.195, 0.495, 0.44),
    'nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16': price(2.49, 6.225, 5.478),
    'deepseek-ai/DeepSeek-V3.1': price(1.695, 4.215, 3.718),
    'moonshotai/Kimi-K2.6': price(2.205, 5.49, 4.84),
    'moonshotai/Kimi-K2.6:peft:131072': price(5.15, 12.81, 15.4),
    'zai-org/GLM-5.3:peft:262144': price(4.86, 12.15, 14.58),
    'thinkingmachines/Inkling-Small': price(0.58, 1.44, 1.73),
    'thinkingmachines/Inkling': price(1.87, 4.68, 5.61),
  },
}

const amount = v.pipe(v.number('a number'), v.finite('a number'), v.minValue(0, 'a number from 0'))

export const priceSchema = v.strictObject({
  asOf: v.pipe(v.string(), v.check(isDay, 'a day like 2026-10-07')),
  source: v.string(),
  cachedPrefill: amount,
  storagePerGbMonth: amount,
  models: v.record(v.string(), v.strictObject({ prefill: amount, sample: amount, train: amount })),
  free: v.array(v.string()),
})

/** Null for what is no price table; `parsePrices` says why. */
export function readPrices(value: unknown): PriceTable | null {
  const parsed = v.safeParse(priceSchema, value)
  return parsed.success ? parsed.output : null
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text) && text.length === 10
}

/** Null when the table does not know the model. Own entries only: a model may be called `constructor`. */
export function priceOf(model: string, table: PriceTable): ModelPrice | null {
  if (table.free.includes(model)) return price(0, 0, 0)
  return Object.hasOwn(table.models, model) ? table.models[model]! : null
}

/** Whole days from the day of the table until `now`, in milliseconds since the epoch. */
export function ageInDays(table: PriceTable, now: number): number {
  return Math.floor((now - Date.parse(`${table.asOf}T00:00:00Z`)) / 86_400_000)
}

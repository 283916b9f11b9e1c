import { describe, expect, test } from 'vitest'
import { costOf, storageCost } from './cost.ts'
import type { Spent } from './cost.ts'
import { parsePrices } from './parsePrices.ts'
import { ageInDays, priceOf, PRICES, readPrices } from './prices.ts'

const NOTHING: Spent = { trained: 0, prefilled: 0, cached: 0, sampled: 0 }
const NINE = 'Qwen/Qwen3.5-9B'

describe('dollars', () => {
  test('of SFT: 9,500 rows of 500 tokens on 9B, one epoch', () => {
    expect(costOf(NINE, { ...NOTHING, trained: 9500 * 500 }, PRICES)).toBeCloseTo(6.949, 3)
  })
  test('of its test set: 500 rows of 500 tokens, fifteen times', () => {
    expect(costOf(NINE, { ...NOTHING, trained: 15 * 500 * 500 }, PRICES)).toBeCloseTo(5.486, 3)
  })
  test('of a GRPO step on 9B: 128 × 16, prompts of 150 and answers of 300 tokens', () => {
    const [prompts, group, prompt, out] = [128, 16, 150, 300]
    const prefill = costOf(
      NINE,
      { ...NOTHING, prefilled: prompts * prompt, cached: prompts * prompt * (group - 1) },
      PRICES,
    )
    const sample = costOf(NINE, { ...NOTHING, sampled: prompts * group * out }, PRICES)
    const train = costOf(NINE, { ...NOTHING, trained: prompts * group * (prompt + out) }, PRICES)
    expect([prefill, sample, train].map((dollars) => Number(dollars!.toFixed(2)))).toEqual([0.05, 1.23, 1.35])
  })
  test('of 1.43 million trained tokens on 9B and on 397B', () => {
    const spent = { ...NOTHING, trained: 1.43e6 }
    expect(costOf(NINE, spent, PRICES)).toBeCloseTo(2.09, 2)
    expect(costOf('Qwen/Qwen3.5-397B-A17B', spent, PRICES)).toBeCloseTo(9.44, 2)
  })
  test('2,000 rows of 512 tokens through 3 epochs are 3.07 million tokens, not billion', () => {
    expect(costOf(NINE, { ...NOTHING, trained: 2000 * 512 * 3 }, PRICES)).toBeCloseTo(4.494, 3)
  })
  test('of storage: 0.38 GB for a month', () => {
    expect(storageCost(0.38e9, 30, PRICES)).toBeCloseTo(0.038, 6)
    expect(storageCost(1e9, 15, PRICES)).toBeCloseTo(0.05, 6)
  })
  test('of what the table does not know are unknown, and of what runs here nothing', () => {
    expect(costOf('constructor', { ...NOTHING, trained: 1 }, PRICES)).toBeNull()
    expect(costOf('tunegraph/tiny-1m', { ...NOTHING, trained: 1e9 }, PRICES)).toBe(0)
  })
})

describe('a price table', () => {
  test('is read back as it was written, and has an age', () => {
    expect(parsePrices(JSON.parse(JSON.stringify(PRICES)))).toEqual({ ok: true, value: PRICES })
    expect(ageInDays(PRICES, Date.parse('2026-10-14T12:00:00Z'))).toBe(7)
  })
  test.each([
    [{ prefill: -1 }, '“models › m › prefill” must be a number from 0, not -1'],
    [{ prefill: 'free' }, '“models › m › prefill” must be a number, not "free"'],
    [{ prefill: undefined }, '“models › m › prefill” is missing'],
    [{ prefil: 1 }, '“models › m › prefil” is no part of a price table'],
  ])('with a price of %o are refused with the place', (change, why) => {
    const broken = { ...PRICES, models: { m: { prefill: 1, sample: 1, train: 1, ...change } } }
    expect(parsePrices(broken)).toEqual({ ok: false, error: `The prices cannot be read: ${why}.` })
    expect(readPrices(broken)).toBeNull()
  })
  test.each([
    ['asOf', 'today', 'a day like 2026-10-07'],
    ['asOf', '2026-02-30', 'a day like 2026-10-07'],
    ['free', 'all', 'a list of models'],
    ['models', 3, 'a group of prices by model'],
  ])('with %s %o are refused', (key, value, expected) => {
    const read = parsePrices({ ...PRICES, [key]: value })
    const not = typeof value === 'string' ? JSON.stringify(value) : value
    expect(read).toEqual({ ok: false, error: `The prices cannot be read: “${key}” must be ${expected}, not ${not}.` })
  })
  test('that are no table at all are refused', () => {
    expect(parsePrices([])).toMatchObject({ ok: false, error: expect.stringContaining('“asOf” is missing') })
    expect(parsePrices(null)).toMatchObject({ ok: false, error: expect.stringContaining('the table') })
  })
  test('know their models, own ones only', () => {
    expect(priceOf('Qwen/Qwen3-8B', PRICES)).toEqual({ prefill: 0.195, sample: 0.6, train: 0.44 })
    expect(priceOf('constructor', PRICES)).toBeNull()
  })
})

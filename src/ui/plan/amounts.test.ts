import { expect, test } from 'vitest'
import type { StageEstimate } from '#src/ir/pipelineConfig.ts'
import { count, countRange, moneyRange, storage, timeRange, tokenWords } from './amounts.ts'

const tokens = { trained: 38_823, prefilled: 0, cached: 0, sampled: 0 }
const lesson = { trainTokens: 25_524, tokens: { low: tokens, high: tokens } } as StageEstimate
const asked = {
  trainTokens: 0,
  tokens: {
    low: { ...tokens, trained: 0, sampled: 768 },
    high: { ...tokens, trained: 0, prefilled: 9057, sampled: 18_432 },
  },
} as StageEstimate

test.each([
  [count(0), '0'],
  [count(9_984), '9,984'],
  [count(12_340), '12.3K'],
  [countRange({ low: 3_072_000, high: 3_072_000 }), '3.1M'],
  [countRange({ low: 900, high: 12_000 }), '900 – 12K'],
  [moneyRange({ low: 0, high: 0 }), 'free'],
  [moneyRange({ low: 0, high: 0.004 }), 'up to $0.01'],
  [moneyRange({ low: 0.001, high: 0.3 }), 'up to $0.30'],
  [moneyRange({ low: 0.001, high: 0.004 }), '< $0.01'],
  [moneyRange({ low: 0.12, high: 0.3 }), '$0.12 – $0.30'],
  [moneyRange({ low: 1250, high: 1250 }), '$1,250'],
  [timeRange({ low: 0.2, high: 0.4 }), '< 1 s'],
  [timeRange({ low: 0.4, high: 1.3 }), 'up to 1 s'],
  [timeRange({ low: 12, high: 14.2 }), '12 – 14 s'],
  [timeRange({ low: 100, high: 200 }), '2 – 3 min'],
  [timeRange({ low: 5400, high: 9000 }), '1.5 – 2.5 h'],
  [tokenWords('sft', lesson), '25.5K trained, 13.3K to measure held-out rows'],
  [tokenWords('sft', { ...lesson, trainTokens: null }), '38.8K trained'],
  [tokenWords('evaluate', asked), 'up to 9,057 of prompts, 768 – 18.4K sampled'],
  [storage(35e6), '35 MB'],
  [storage(1.23e9), '1.2 GB'],
])('%s', (said, wanted) => expect(said).toBe(wanted))

/** Amounts of a plan as people read them: counts, money, time and storage, each also as a range. */
import type { PipelineConfig, StageEstimate } from '#src/ir/pipelineConfig.ts'
import type { Range } from '#src/ir/planCost.ts'

const DASH = '–'

/** `1,234`, `12.3K`, `3.1M`. */
export function count(value: number): string {
  if (value < 10_000) return Math.round(value).toLocaleString('en')
  return value.toLocaleString('en', { notation: 'compact', maximumFractionDigits: 1 })
}

export function countRange({ low, high }: Range): string {
  return joined(count(low), count(high))
}

/** `free`, `< $0.01`, `up to $0.30`, `$0.12 – $0.30`, `$1,250`. */
export function moneyRange({ low, high }: Range): string {
  if (high === 0) return 'free'
  return joined(money(low), money(high))
}

export function money(dollars: number): string {
  if (dollars === 0) return '$0'
  if (dollars < 0.01) return '< $0.01'
  if (dollars < 100) return `$${dollars.toFixed(2)}`
  return `$${Math.round(dollars).toLocaleString('en')}`
}

/** `3 s`, `up to 4 s`, `12 – 14 s`, `2 – 3 min`, `1.5 h`. */
export function timeRange({ low, high }: Range): string {
  const [size, unit] = high < 90 ? [1, 's'] : high < 5400 ? [60, 'min'] : [3600, 'h']
  const one = (seconds: number): string => {
    const value = seconds / size
    if (value < 1 && unit === 's') return '< 1'
    return unit === 'h' ? value.toFixed(1) : String(Math.max(1, Math.round(value)))
  }
  return `${joined(one(low), one(high))} ${unit}`
}

/** `35 MB`, `1.2 GB`; units of 1000. */
export function storage(bytes: number): string {
  if (bytes < 1e9) return `${Math.max(1, Math.round(bytes / 1e6))} MB`
  return `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`
}

type Counted = Pick<StageEstimate, 'tokens' | 'trainTokens'>

/** Tokens that only measure the loss on held-out rows. */
export function heldoutTokens(mode: PipelineConfig['mode'], { tokens, trainTokens }: Counted): number {
  return mode === 'sft' && tokens && trainTokens !== null ? tokens.high.trained - trainTokens : 0
}

/** `25.5K trained, 13.3K to measure held-out rows`; what is billed as training, and is none, stands apart. */
export function tokenWords(mode: PipelineConfig['mode'], { tokens, trainTokens }: Counted): string {
  if (!tokens) return ''
  const { low, high } = tokens
  const measured = heldoutTokens(mode, { tokens, trainTokens })
  const kinds = [
    ['trained', low.trained - measured, high.trained - measured],
    ['to measure held-out rows', measured, measured],
    ['of prompts', low.prefilled, high.prefilled],
    ['of prompts again, from the cache', low.cached, high.cached],
    ['sampled', low.sampled, high.sampled],
  ] as const
  return kinds
    .filter(([, , most]) => most > 0)
    .map(([name, least, most]) => `${countRange({ low: least, high: most })} ${name}`)
    .join(', ')
}

/** From nothing, or from too little to tell, is up to the other end. */
function joined(low: string, high: string): string {
  if (low === high) return low
  return /^<|^\$?0$/.test(low) ? `up to ${high.replace(/^< /, '')}` : `${low} ${DASH} ${high}`
}

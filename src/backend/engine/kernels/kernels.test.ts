import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildKernels, generatedPath } from '../../../../scripts/buildKernels.mjs'
import { instantiateKernels } from './kernels.ts'

describe('the committed kernels', () => {
  it.each(['strict', 'relaxed'])(
    'are what the assembly source builds to: %s',
    async (variant) => {
      const built = await buildKernels(variant)
      expect(readFileSync(generatedPath(variant), 'utf8') === built).toBe(true)
    },
    60_000,
  )

  it('do the multiply-adds that the yardstick counts', async () => {
    const { kernels } = await instantiateKernels('strict')
    // c ← c·x + 1e-9 with x = 1 adds the constant once per round, in 12 chains of four lanes.
    expect(kernels.peak(1000, 1)).toBeCloseTo(48 * (1 + 1000 * 1e-9), 1)
  })
})

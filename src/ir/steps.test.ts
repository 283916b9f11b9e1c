import { describe, expect, test } from 'vitest'
import { rlSteps, sftSteps } from './steps.ts'

const size = { batchSize: 10, epochs: 1, gradientAccumulation: 1, maxSteps: 0 }

describe('SFT steps', () => {
  test.each([
    [9, {}, { batchesPerEpoch: 0, batches: 0, optimizerSteps: 0 }],
    [10, {}, { batchesPerEpoch: 1, batches: 1, optimizerSteps: 1 }],
    [39, { epochs: 3 }, { batchesPerEpoch: 3, batches: 9, optimizerSteps: 9 }],
    [39, { epochs: 3, gradientAccumulation: 2 }, { batchesPerEpoch: 3, batches: 8, optimizerSteps: 4 }],
    [39, { epochs: 3, maxSteps: 5 }, { batchesPerEpoch: 3, batches: 5, optimizerSteps: 5 }],
    [39, { epochs: 3, maxSteps: 50 }, { batchesPerEpoch: 3, batches: 9, optimizerSteps: 9 }],
    [20, { gradientAccumulation: 3 }, { batchesPerEpoch: 2, batches: 0, optimizerSteps: 0 }],
  ])('of %i rows with %j', (rows, change, steps) => {
    expect(sftSteps(rows, { ...size, ...change })).toEqual(steps)
  })
})

describe('RL steps', () => {
  test.each([
    [25, {}, 1, { batchesPerEpoch: 2, batches: 2, optimizerSteps: 2 }],
    [25, { epochs: 2 }, 4, { batchesPerEpoch: 2, batches: 4, optimizerSteps: 16 }],
    [25, { epochs: 9, maxSteps: 5 }, 2, { batchesPerEpoch: 2, batches: 5, optimizerSteps: 10 }],
    [9, { epochs: 9 }, 1, { batchesPerEpoch: 0, batches: 0, optimizerSteps: 0 }],
  ])('of %i prompts with %j and %i substeps', (rows, change, substeps, steps) => {
    expect(rlSteps(rows, { ...size, ...change }, substeps)).toEqual(steps)
  })
})

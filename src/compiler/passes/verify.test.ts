import { describe, expect, test } from 'vitest'
import { registry, facts, pipeline } from '../../../tests/support/pipeline.ts'
import type { PipelineConfig } from '../../ir/pipelineConfig.ts'
import { compile } from '../compile.ts'
import { recordOf } from './stageRecord.ts'
import { verify } from './verify.ts'

const sound = compile(pipeline(), registry, facts).plan!.stages

/** The stages of the pipeline with one of them changed. */
function broken(id: string, change: object): { readonly kept: readonly string[]; readonly said: readonly string[] } {
  const stages = sound.map((stage) => (stage.id === id ? ({ ...stage, ...change } as PipelineConfig) : stage))
  const { stages: kept, diagnostics } = verify(stages.map((stage) => recordOf(stage)))
  return { kept: kept.map((s) => s.id), said: diagnostics.map((d) => d.message) }
}

test('sound stages pass as they are', () => {
  expect(verify(sound.map((stage) => recordOf(stage)))).toMatchObject({ stages: sound, decisions: [], diagnostics: [] })
})

const start = { from: 'stage', stage: 'sft', checkpoint: 'after-sft', load: 'weights' }

describe('a stage is left out', () => {
  test.each([
    ['with an id that is taken', 'more', { id: 'sft' }, 'the stage id sft is taken'],
    [
      'with a value that is no data',
      'more',
      { hyperparameters: { learningRate: Number.NaN } },
      'it holds a value that is not plain data',
    ],
    [
      'that starts from nothing',
      'more',
      { start: { ...start, stage: 'gone' } },
      'it starts from a stage that trains nothing',
    ],
    [
      'that starts from a save nobody makes',
      'more',
      { start: { ...start, checkpoint: 'x' } },
      'it starts from a save “x” that nobody makes',
    ],
    [
      'that does not wait for its start',
      'more',
      { dependsOn: [] },
      'it does not wait for a stage whose weights it reads',
    ],
    ['that waits for nobody', 'more', { dependsOn: ['sft', 'gone'] }, 'it waits for a stage that is not there'],
    ['without a reward', 'rl', { rl: { rewards: [] } }, 'nothing grades its answers'],
    ['that measures nobody', 'eval', { evaluation: { policies: [], rewards: [] } }, 'it has no policy'],
  ])('%s', (_, id, change, reason) => {
    const { said } = broken(id, change)
    expect(said[0]).toMatch(/^The stage of “.+” cannot run: /)
    expect(said[0]).toContain(reason)
  })
  test('together with those that start from it', () => {
    const { kept, said } = broken('sft', { hyperparameters: { learningRate: Infinity } })
    expect(kept).toEqual([])
    expect(said).toHaveLength(sound.length)
  })
})

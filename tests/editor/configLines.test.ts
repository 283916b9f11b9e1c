import { describe, expect, test } from 'vitest'
import { compile } from '#src/compiler/compile.ts'
import { facts, pipeline, registry } from '../support/pipeline.ts'
import { configLines, configText } from '#src/store/configLines.ts'

const { plan } = compile(pipeline(), registry, facts)

describe('lines of a stage', () => {
  test.each(plan!.stages.map((stage) => [stage.id, stage] as const))('are the JSON of %s', (_, stage) => {
    expect(configText(configLines(stage))).toBe(JSON.stringify(stage, null, 2))
  })

  test('tell of each value which node and field it comes from', () => {
    const lines = configLines(plan!.stages.find((stage) => stage.id === 'sft')!)
    const placeOf = (start: string) => lines.find(({ name, text }) => `${name}${text}`.startsWith(start))!.place
    expect(placeOf('"learningRate"')).toEqual({ node: 'sft', field: 'learningRate', port: null })
    expect(placeOf('"loraRank"')).toEqual({ node: 'model', field: 'loraRank', port: null })
    expect(placeOf('"ttlSeconds"')).toMatchObject({ node: 'after', field: 'keep' })
    expect(placeOf('"hyperparameters"')).toBeNull()
  })
})

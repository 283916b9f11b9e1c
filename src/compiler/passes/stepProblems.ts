/** Checks about steps: a stage must take at least one, and cadences should fit into the run. */
import type { Diagnostic, Fix } from '../../base/diagnostic.ts'
import type { PipelineConfig, RlStage, SftStage, StageEstimate } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { StageRows } from './stageRows.ts'

export function stepProblems(stage: PipelineConfig, rows: StageRows, estimate: StageEstimate): Diagnostic[] {
  if (stage.mode === 'evaluate') return []
  if (estimate.optimizerSteps === 0) return [noStep(stage, rows, estimate)]
  return [...longWarmup(stage, estimate), ...rareSaves(stage, estimate)]
}

/** A stage that would train nothing is an error with the number that would work, never an empty success. */
function noStep(stage: SftStage | RlStage, { rows: given }: StageRows, { rows }: StageEstimate): Diagnostic {
  const { batchSize, epochs, gradientAccumulation } = stage.hyperparameters
  const at = (name: string) => ({ on: 'field', node: stage.node, field: name }) as const
  const what = stage.mode === 'rl' ? 'prompts' : 'rows'
  if (rows === 0) {
    const message = `“${stage.title}” would take no optimizer step: none of the ${given} ${what} can be used: they have no answer or are too long.`
    return compilerDiagnostic('CM3501', { on: 'port', node: stage.node, port: 'dataset' }, message)
  }
  if (rows < batchSize) {
    // So many batches make one step, over all epochs.
    const value = Math.floor(rows / Math.ceil(gradientAccumulation / epochs))
    const works = value > 0 ? ` A batch size of ${value} or less works.` : ''
    const message = `“${stage.title}” would take no optimizer step: ${rows} ${what} do not fill a batch of ${batchSize}.${works}`
    const fix = value > 0 ? { fix: setting(stage, 'batchSize', value) } : {}
    return compilerDiagnostic('CM3501', at('batchSize'), message, { ...fix, data: { rows, batchSize } })
  }
  const batches = Math.floor(rows / batchSize) * epochs
  const message = `“${stage.title}” would take no optimizer step: its ${batches} batches are fewer than the ${gradientAccumulation} that are accumulated for one.`
  const fix = setting(stage, 'gradientAccumulation', batches)
  return compilerDiagnostic('CM3501', at('gradientAccumulation'), message, { fix, data: { rows, batches } })
}

function longWarmup(stage: SftStage | RlStage, { optimizerSteps }: StageEstimate): Diagnostic[] {
  const { warmupRatio } = stage.hyperparameters
  if (Math.ceil(warmupRatio * optimizerSteps) < optimizerSteps || warmupRatio === 0 || optimizerSteps === 1) return []
  const at = { on: 'field', node: stage.node, field: 'warmupRatio' } as const
  const message = `“${stage.title}” warms up through all of its ${optimizerSteps} steps and reaches its full rate only at the last.`
  return [compilerDiagnostic('CM3502', at, message, { fix: setting(stage, 'warmupRatio', 0.05) })]
}

function rareSaves(stage: SftStage | RlStage, { optimizerSteps }: StageEstimate): Diagnostic[] {
  return stage.checkpointing
    .filter((save) => save.every > optimizerSteps && save.node !== null)
    .map((save) => {
      const at = { on: 'field', node: save.node!, field: 'every' } as const
      const message = `“${save.name}” is saved every ${save.every} steps, but “${stage.title}” takes only ${optimizerSteps}: it is saved at the end alone.`
      const fix: Fix = {
        title: 'Save at the end',
        command: 'node.setParams',
        args: { node: save.node!, field: 'every', value: 0 },
      }
      return compilerDiagnostic('CM3503', at, message, { fix })
    })
}

function setting(stage: PipelineConfig, name: string, value: number): Fix {
  return { title: `Use ${value}`, command: 'node.setParams', args: { node: stage.node, field: name, value } }
}

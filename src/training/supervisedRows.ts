/** Rows of a supervised stage as the model sees them, with what was left out and why. */
import type { Example } from '../data/example.ts'
import type { Renderer } from '../data/renderers/renderer.ts'
import { trainingSequence } from '../data/trainingSequence.ts'
import type { TrainingSequence } from '../data/trainingSequence.ts'
import type { TrainOnWhat } from '../ir/pipelineConfig.ts'

export type SupervisedRows = {
  readonly sequences: readonly TrainingSequence[]
  /** Sentences for the log; empty when every row trains whole. */
  readonly notes: readonly string[]
}

export function supervisedRows(
  examples: readonly Example[],
  renderer: Renderer,
  trainOn: TrainOnWhat,
  maxLength: number,
): SupervisedRows {
  const sequences: TrainingSequence[] = []
  let truncated = 0
  let empty = 0
  const refused: string[] = []
  for (const example of examples) {
    const built = renderer.buildSupervisedExample(example.messages, trainOn)
    if (!built.ok) {
      refused.push(`line ${example.line}: ${built.error.message}`)
      continue
    }
    const sequence = trainingSequence(built.value, maxLength)
    if (!sequence || sequence.trained === 0) {
      empty++
      continue
    }
    if (sequence.truncated) truncated++
    sequences.push(sequence)
  }
  const notes: string[] = []
  const of = `of ${examples.length} rows`
  if (refused.length > 0) notes.push(`${refused.length} ${of} do not fit the renderer; the first is ${refused[0]}`)
  if (empty > 0) notes.push(`${empty} ${of} have nothing to train on within ${maxLength} tokens and are left out.`)
  if (truncated > 0) notes.push(`${truncated} ${of} are longer than ${maxLength} tokens and are cut at the end.`)
  return { sequences, notes }
}

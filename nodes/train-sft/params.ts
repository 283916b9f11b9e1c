/** Params of supervised fine-tuning. */
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { TrainOnWhat } from '#src/ir/pipelineConfig.ts'
import {
  adamDefaults,
  adamFields,
  lengthFields,
  rateFields,
  seedField,
  sequenceField,
} from '#nodes/_shared/optimizer.ts'
import type { OptimizerParams } from '#nodes/_shared/optimizer.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'

export type SftParams = OptimizerParams & {
  gradientAccumulation: number
  trainOnWhat: TrainOnWhat
  evalEvery: number
}

const fields: readonly FieldSpec<SftParams>[] = [
  ...rateFields,
  {
    key: 'batchSize',
    label: 'Batch size',
    help: 'Rows of one forward and backward pass. Larger batches give steadier, fewer steps; rows that do not fill a batch are left out of the epoch. 16 to 128 is usual.',
    unit: 'rows',
    section: 'Length',
    control: { type: 'number', min: 1, max: 4096, step: 1, integer: true },
  },
  ...lengthFields,
  {
    key: 'gradientAccumulation',
    label: 'Gradient accumulation',
    help: 'Batches whose gradients are added up before one optimizer step: the effect of a larger batch without its memory. 1 steps after every batch.',
    unit: 'batches',
    section: 'Length',
    advanced: true,
    control: { type: 'number', min: 1, max: 256, step: 1, integer: true },
  },
  sequenceField,
  {
    key: 'trainOnWhat',
    label: 'Learn from',
    help: 'Which tokens count in the loss. Answers only is right for teaching behaviour; all tokens continues pre-training.',
    section: 'Data',
    control: {
      type: 'select',
      options: [
        { value: 'all_assistant_messages', label: 'Every answer', help: 'All assistant messages of a row.' },
        { value: 'last_assistant_message', label: 'The last answer', help: 'Only the final assistant message.' },
        { value: 'all_tokens', label: 'All tokens', help: 'Questions, answers and markers alike.' },
      ],
    },
  },
  {
    key: 'evalEvery',
    label: 'Held-out loss every',
    help: 'Measures the loss on the held-out rows every so many optimizer steps, besides before the first and after the last. 0 measures only those two.',
    unit: 'steps',
    section: 'Data',
    control: { type: 'number', min: 0, max: 1_000_000, step: 1, integer: true, zero: 'first and last' },
  },
  seedField,
  ...adamFields,
]

export const sftRules: ParamRules<SftParams> = {
  defaults: {
    learningRate: 2e-4,
    schedule: 'linear',
    warmupRatio: 0.05,
    batchSize: 16,
    epochs: 1,
    maxSteps: 0,
    gradientAccumulation: 1,
    maxSequenceLength: 0,
    trainOnWhat: 'all_assistant_messages',
    evalEvery: 10,
    seed: 0,
    continueOptimizer: false,
    ...adamDefaults,
  },
  fields,
}

/** Params of a model node: the base model, its LoRA adapter, and how conversations are written for it. */
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'
import { seedControl } from '#nodes/_shared/optimizer.ts'

export type ModelParams = {
  name: string
  loraRank: number
  seed: number
  trainAttn: boolean
  trainMlp: boolean
  trainUnembed: boolean
  renderer: string
}

const fields: readonly FieldSpec<ModelParams>[] = [
  {
    key: 'name',
    label: 'Base model',
    help: 'The model to start from, as the connected backend offers it. Try ideas on a small one; results seldom carry over exactly.',
    control: { type: 'model' },
  },
  {
    key: 'loraRank',
    label: 'LoRA rank',
    help: 'Capacity of the trained adapter. RL is content with little (8 to 32), SFT on much data wants more (32 to 128). The best learning rate does not depend on it.',
    control: { type: 'choice', options: [1, 2, 4, 8, 16, 32, 64, 128, 256] },
  },
  {
    key: 'renderer',
    label: 'Renderer',
    help: 'How a conversation is written as tokens. Automatic takes the one that the model was made with; another one teaches it a new format first.',
    control: {
      type: 'select',
      options: [
        { value: 'auto', label: 'Automatic', help: 'The model’s own.' },
        { value: 'tunegraph', label: 'tunegraph', help: 'The built-in tiny models.' },
        { value: 'role_colon', label: 'role_colon', help: 'Plain “User:” and “Assistant:” lines, for base models.' },
        { value: 'qwen3', label: 'qwen3', help: 'Qwen3 with thinking.' },
        { value: 'qwen3_disable_thinking', label: 'qwen3_disable_thinking', help: 'Qwen3 without thinking.' },
        { value: 'llama3', label: 'llama3', help: 'Llama 3 instruct models.' },
      ],
    },
  },
  target('trainAttn', 'Train attention', 'Adapters on the attention layers. Rarely enough alone.'),
  target(
    'trainMlp',
    'Train MLP',
    'Adapters on the feed-forward layers, where most of the capacity sits. Turn it off only on purpose.',
  ),
  target(
    'trainUnembed',
    'Train unembedding',
    'An adapter on the output layer. Helps new words and formats; costs memory with large vocabularies.',
  ),
  {
    key: 'seed',
    label: 'Adapter seed',
    help: 'Decides the adapter’s random start. Change it to see how much a result depends on luck.',
    advanced: true,
    control: seedControl,
  },
]

export const modelRules: ParamRules<ModelParams> = {
  defaults: {
    name: 'tunegraph/tiny-1m',
    loraRank: 32,
    seed: 0,
    trainAttn: true,
    trainMlp: true,
    trainUnembed: true,
    renderer: 'auto',
  },
  fields,
  clashes: (params) =>
    params.trainAttn || params.trainMlp || params.trainUnembed
      ? []
      : [{ field: 'trainMlp', message: 'At least one of attention, MLP and unembedding must be trained.', mend: true }],
}

function target(key: 'trainAttn' | 'trainMlp' | 'trainUnembed', label: string, help: string): FieldSpec<ModelParams> {
  return { key, label, help, section: 'Trained layers', advanced: true, control: { type: 'switch' } }
}

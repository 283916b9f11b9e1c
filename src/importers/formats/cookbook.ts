/** A config of tinker-cookbook: the `config.json` that its loops log, or the flat options of its recipes. */
import { NODES, onField } from '../recipe.ts'
import type { ConfigFormat, Notes, Recipe } from '../recipe.ts'
import { isRecord } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { epochs, heldoutRows, loraRank, namedRows, schedule, some } from '../values.ts'

/** What a recipe of the cookbook calls its number of prompts or rows, among others. */
const FLAT = ['groups_per_batch', 'group_size', 'dataset', 'env', 'lora_rank', 'renderer_name', 'log_path']
const TRAIN_ON = ['all_assistant_messages', 'last_assistant_message', 'all_tokens'] as const
const RENDERERS = ['role_colon', 'qwen3', 'qwen3_disable_thinking', 'llama3'] as const

export const cookbook: ConfigFormat = {
  id: 'tinker-cookbook',
  title: 'tinker-cookbook',
  matches: (config) =>
    typeof config['model_name'] === 'string' &&
    'learning_rate' in config &&
    (isRecord(config['dataset_builder']) || FLAT.some((key) => key in config)),
  read,
}

function read(config: Settings, notes: Notes): Recipe | null {
  config.drop(
    'log_path',
    'base_url',
    'wandb_project',
    'wandb_name',
    'enable_trace',
    'print_examples_every',
    'num_groups_to_log',
  )
  config.drop('behavior_if_log_dir_exists', 'compute_post_kl', 'user_metadata', 'submit_ahead', 'span_chart_every')
  const builder = config.record('dataset_builder')
  const common = builder.record('common_config')
  builder.drop('model_name_for_tokenizer', 'convo_prefix')
  common.drop('model_name_for_tokenizer')
  const groupSize = builder.number('group_size') ?? config.number('group_size')
  const rl = groupSize !== null || config.has('max_tokens')
  const batch =
    common.number('batch_size') ??
    builder.number('batch_size') ??
    config.number('groups_per_batch') ??
    config.number('batch_size')
  if (config.has('async_config') || config.has('stream_minibatch_config')) {
    config.drop('async_config', 'stream_minibatch_config')
    notes.changed(
      { on: 'node', node: NODES.trainer },
      'Asynchronous or streamed rollouts became synchronous ones: always on-policy, with more waiting.',
    )
  }
  const from = config.text('load_checkpoint_path')
  if (from !== null)
    notes.lost(
      { on: 'node', node: NODES.model },
      `The config starts from ${from}; the drawing begins with the base model.`,
    )
  const name =
    builder.text('file_path') ??
    builder.text('dataset_name') ??
    config.text('dataset') ??
    config.text('env') ??
    config.text('dataset_path')
  const length = common.number('max_length') ?? config.number('max_length')
  const trainer = some({
    learningRate: config.number('learning_rate'),
    ...schedule(config.text('lr_schedule'), notes),
    ...epochs(config.number('num_epochs'), notes),
    batchSize: batch,
    maxSteps: config.number('max_steps'),
    maxSequenceLength: length,
    beta1: config.number('adam_beta1'),
    beta2: config.number('adam_beta2'),
    eps: config.number('adam_eps'),
    // The cookbook warms nothing up.
    warmupRatio: 0,
  })
  const heldout = heldoutRows(builder.number('test_size'), notes)
  return {
    model: some({
      name: config.text('model_name'),
      ...loraRank(config.number('lora_rank'), notes),
      ...renderer(common.text('renderer_name') ?? builder.text('renderer_name') ?? config.text('renderer_name'), notes),
    }),
    rows: [
      namedRows(
        name ?? 'the dataset builder’s rows',
        0,
        { ...some({ heldoutRows: heldout || null }), ...seed(builder) },
        notes,
      ),
    ],
    trainer: rl
      ? { kind: 'train-rl', params: { ...trainer, ...rlParams(config, groupSize, notes) } }
      : { kind: 'train-sft', params: { ...trainer, ...sftParams(config, common, notes) } },
    reward: rl ? reward(notes) : null,
    saves: saves(config),
    heldout: heldout > 0,
  }
}

function sftParams(config: Settings, common: Settings, notes: Notes): Recipe['model'] {
  const on = common.text('train_on_what') ?? config.text('train_on_what')
  const known = on === null || (TRAIN_ON as readonly string[]).includes(on)
  if (!known) notes.changed(onField(NODES.trainer, 'trainOnWhat'), `Learning from ${on} became every answer.`)
  return some({ evalEvery: config.number('eval_every'), trainOnWhat: known ? on : null })
}

function rlParams(config: Settings, groupSize: number | null, notes: Notes): Recipe['model'] {
  const loss = config.text('loss_fn')
  const clip = config.record('loss_fn_config')
  config.drop('eval_every', 'kl_reference_config')
  if (loss !== null && loss !== 'ppo' && loss !== 'importance_sampling') {
    notes.changed(onField(NODES.trainer, 'loss'), `Loss ${loss} became PPO, the nearest one that there is.`)
  }
  return some({
    groupSize,
    maxTokens: config.number('max_tokens'),
    temperature: config.number('temperature'),
    topP: config.number('top_p'),
    klCoef: config.number('kl_penalty_coef'),
    klDiscount: config.number('kl_discount_factor'),
    substeps: config.number('num_substeps'),
    removeConstantGroups: config.flag('remove_constant_reward_groups'),
    seed: config.number('sampling_seed'),
    loss: loss === null ? null : loss === 'importance_sampling' ? loss : 'ppo',
    clipLow: clip.number('clip_low_threshold'),
    clipHigh: clip.number('clip_high_threshold'),
  })
}

/** Rewards of the cookbook are code of an environment. */
function reward(notes: Notes): Recipe['model'] {
  notes.lost(
    onField(NODES.reward, 'grader'),
    'The environment’s reward is Python code, which a config does not hold; exact match stands in its place.',
  )
  return { grader: 'exact' }
}

function saves(config: Settings): Recipe['model'] {
  const ttl = config.number('ttl_seconds')
  return some({
    name: 'saved',
    every: config.number('save_every'),
    keep: ttl === null ? null : false,
    ttlHours: ttl === null ? null : Math.max(1, Math.round(ttl / 3600)),
  })
}

function renderer(name: string | null, notes: Notes): Recipe['model'] {
  if (name === null) return {}
  if ((RENDERERS as readonly string[]).includes(name)) return { renderer: name }
  notes.changed(onField(NODES.model, 'renderer'), `Renderer ${name} became automatic: the model’s own.`)
  return { renderer: 'auto' }
}

function seed(builder: Settings): Recipe['model'] {
  return some({ splitSeed: builder.number('seed') ?? builder.number('shuffle_seed') })
}

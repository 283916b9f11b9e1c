/** A training YAML of Axolotl. */
import type { Json } from '../../base/canonicalJson.ts'
import { NODES, onField } from '../recipe.ts'
import type { ConfigFormat, Notes, Recipe, Rows } from '../recipe.ts'
import { isRecord, Settings } from '../settings.ts'
import {
  epochs,
  heldoutRows,
  loraAlpha,
  loraRank,
  loraTargets,
  namedRows,
  optimizer,
  schedule,
  some,
  warmup,
} from '../values.ts'

const MACHINE = [
  'model_type',
  'tokenizer_type',
  'processor_type',
  'trust_remote_code',
  'load_in_8bit',
  'load_in_4bit',
  'strict',
  'dataset_prepared_path',
  'output_dir',
  'sample_packing',
  'eval_sample_packing',
  'pad_to_sequence_len',
  'wandb_project',
  'wandb_entity',
  'wandb_watch',
  'wandb_name',
  'wandb_log_model',
  'wandb_run_id',
  'mlflow_tracking_uri',
  'bf16',
  'fp16',
  'tf32',
  'bfloat16',
  'gradient_checkpointing',
  'gradient_checkpointing_kwargs',
  'flash_attention',
  'sdp_attention',
  'xformers_attention',
  'flex_attention',
  'logging_steps',
  'deepspeed',
  'fsdp',
  'fsdp_config',
  'save_total_limit',
  'save_safetensors',
  'eval_batch_size',
  'group_by_length',
  'local_rank',
  'debug',
  'plugins',
  'resume_from_checkpoint',
  'auto_resume_from_checkpoints',
  'special_tokens',
  'dataset_processes',
  'hub_model_id',
  'hub_strategy',
  'is_llama_derived_model',
  'is_mistral_derived_model',
  'lora_fan_in_fan_out',
  'lora_mlp_kernel',
  'lora_qkv_kernel',
  'lora_o_kernel',
  'base_model_config',
  'shuffle_merged_datasets',
] as const

export const axolotl: ConfigFormat = {
  id: 'axolotl',
  title: 'Axolotl',
  matches: (config) =>
    'base_model' in config && ('datasets' in config || 'micro_batch_size' in config || 'adapter' in config),
  read,
}

function read(config: Settings, notes: Notes): Recipe | null {
  config.drop(...MACHINE)
  const method = config.text('rl')
  if (method !== null && method !== 'grpo') {
    notes.unsupported(
      `Training by ${method} has no trainer here: supervised fine-tuning and GRPO with rewards are there.`,
    )
    return null
  }
  const adapter = config.text('adapter')
  const at = { on: 'node', node: NODES.model } as const
  if (adapter === 'qlora') notes.changed(at, 'QLoRA became LoRA: how weights are stored is the backend’s affair.')
  else if (adapter !== null && adapter !== 'lora') notes.changed(at, `Adapter ${adapter} became LoRA.`)
  else if (adapter === null) notes.changed(at, 'Full fine-tuning became LoRA: adapters are what is trained.')
  const maxSteps = config.number('max_steps')
  const held = heldoutRows(config.number('val_set_size'), notes)
  loraAlpha(config.number('lora_alpha'), notes)
  const everywhere = config.flag('lora_target_linear') === true
  const modules = config.texts('lora_target_modules')
  const trainer = some({
    learningRate: config.number('learning_rate'),
    ...schedule(config.text('lr_scheduler'), notes),
    ...warmup(config.number('warmup_ratio') ?? 0, config.number('warmup_steps'), maxSteps, notes),
    ...epochs(config.number('num_epochs') ?? 1, notes),
    maxSteps,
    batchSize: config.number('micro_batch_size'),
    maxSequenceLength: config.number('sequence_len'),
    seed: config.number('seed'),
    ...optimizer(config),
  })
  const name = config.text('optimizer')
  if (name !== null && !/adam/i.test(name))
    notes.changed({ on: 'node', node: NODES.trainer }, `Optimizer ${name} became Adam.`)
  const rows = config.records('datasets').map((set, index) => rowsOf(set, index, index === 0 ? held : 0, notes))
  const accumulation = config.number('gradient_accumulation_steps')
  const template = config.text('chat_template')
  return {
    model: some({
      name: config.text('base_model'),
      ...loraRank(config.number('lora_r'), notes),
      ...loraTargets(everywhere ? null : modules, notes),
      ...renderer(template, notes),
    }),
    rows: rows.length > 0 ? rows : [namedRows('the dataset', 0, {}, notes)],
    trainer:
      method === 'grpo'
        ? { kind: 'train-rl', params: { ...trainer, ...grpo(config.record('trl'), accumulation, notes) } }
        : { kind: 'train-sft', params: { ...trainer, ...sft(config, accumulation, notes) } },
    reward: method === 'grpo' ? { grader: 'exact' } : null,
    saves: some({ name: 'saved', every: every(config, 'save_steps', 'saves_per_epoch', NODES.saves, 'every', notes) }),
    heldout: held > 0,
  }
}

function sft(config: Settings, accumulation: number | null, notes: Notes): Recipe['model'] {
  return some({
    gradientAccumulation: accumulation,
    trainOnWhat: config.flag('train_on_inputs') === true ? 'all_tokens' : null,
    evalEvery: every(config, 'eval_steps', 'evals_per_epoch', NODES.trainer, 'evalEvery', notes),
  })
}

function grpo(trl: Settings, accumulation: number | null, notes: Notes): Recipe['model'] {
  trl.drop('use_vllm', 'vllm_server_host', 'vllm_server_port', 'vllm_gpu_memory_utilization', 'log_completions')
  const graders = trl.texts('reward_funcs')
  notes.lost(
    onField(NODES.reward, 'grader'),
    `Reward ${graders.join(', ') || '(none)'} is Python code, which a config does not hold; exact match stands in its place.`,
  )
  if (accumulation !== null && accumulation > 1) {
    notes.lost(
      { on: 'node', node: NODES.trainer },
      `Gradient accumulation ${accumulation} has no equivalent in RL: raise the prompts per step instead.`,
    )
  }
  return some({
    groupSize: trl.number('num_generations'),
    klCoef: trl.number('beta'),
    maxTokens: trl.number('max_completion_length'),
    temperature: trl.number('temperature'),
    topP: trl.number('top_p'),
    normalizeAdvantages: trl.flag('scale_rewards') ?? true,
  })
}

function rowsOf(set: Settings, index: number, held: number, notes: Notes): Rows {
  set.drop('ds_type', 'shards', 'split', 'conversation', 'prompt_style')
  const name = set.text('path') ?? 'the dataset'
  // `type` may be a name or a record of columns.
  const columns = isRecord(set.take('type')) ? set.record('type') : new Settings({})
  const prompt = columns.text('field_instruction')
  const answer = columns.text('field_output')
  const system = columns.text('field_system')
  const messages = set.text('field_messages')
  const mapping: Json | null =
    messages !== null
      ? { type: 'messages', messages }
      : prompt !== null
        ? { type: 'prompt', prompt, answer, system }
        : null
  return namedRows(name, index, some({ heldoutRows: held > 0 ? held : null, mapping }), notes)
}

/** Steps between two of something; a number of times in an epoch is not known in steps before the rows are. */
function every(
  config: Settings,
  steps: string,
  times: string,
  node: string,
  field: string,
  notes: Notes,
): number | null {
  const count = config.number(steps)
  const inEpoch = config.number(times)
  if (inEpoch !== null && inEpoch > 0) {
    notes.lost(
      onField(node, field),
      `${inEpoch} times an epoch (${times}) has no equivalent: set a number of steps here.`,
    )
  }
  if (count !== null && count > 0 && count < 1) {
    notes.lost(onField(node, field), `A share of ${count} (${steps}) has no equivalent: set a number of steps here.`)
  }
  return count !== null && count >= 1 ? count : null
}

function renderer(template: string | null, notes: Notes): Recipe['model'] {
  if (template === null || template === 'tokenizer_default') return {}
  const known = ({ qwen3: 'qwen3', llama3: 'llama3' } as Readonly<Record<string, string>>)[template]
  if (known !== undefined) return { renderer: known }
  notes.changed(
    onField(NODES.model, 'renderer'),
    `Chat template ${template} became automatic: the renderer of the model.`,
  )
  return { renderer: 'auto' }
}

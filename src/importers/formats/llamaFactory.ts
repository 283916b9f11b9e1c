/** A training YAML of LLaMA-Factory. */
import { NODES, onField } from '../recipe.ts'
import type { ConfigFormat, Notes, Recipe } from '../recipe.ts'
import type { Settings } from '../settings.ts'
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

const RENDERER_OF: Readonly<Record<string, string>> = {
  qwen3: 'qwen3',
  qwen3_nothink: 'qwen3_disable_thinking',
  llama3: 'llama3',
}
const MACHINE = [
  'do_train',
  'do_eval',
  'do_predict',
  'output_dir',
  'logging_steps',
  'logging_dir',
  'plot_loss',
  'overwrite_output_dir',
  'overwrite_cache',
  'save_only_model',
  'save_strategy',
  'save_total_limit',
  'report_to',
  'run_name',
  'bf16',
  'fp16',
  'pure_bf16',
  'tf32',
  'ddp_timeout',
  'deepspeed',
  'preprocessing_num_workers',
  'dataloader_num_workers',
  'per_device_eval_batch_size',
  'eval_strategy',
  'trust_remote_code',
  'flash_attn',
  'gradient_checkpointing',
  'quantization_bit',
  'quantization_method',
  'cache_dir',
  'dataset_dir',
  'media_dir',
  'include_num_input_tokens_seen',
  'resume_from_checkpoint',
  'use_fast_tokenizer',
  'low_cpu_mem_usage',
  'enable_liger_kernel',
  'use_unsloth',
] as const

export const llamaFactory: ConfigFormat = {
  id: 'llama-factory',
  title: 'LLaMA-Factory',
  matches: (config) =>
    'model_name_or_path' in config && ('stage' in config || 'finetuning_type' in config || 'dataset' in config),
  read,
}

function read(config: Settings, notes: Notes): Recipe | null {
  config.drop(...MACHINE)
  const stage = config.text('stage') ?? 'sft'
  if (stage !== 'sft' && stage !== 'pt') {
    notes.unsupported(
      `Stage ${stage} has no trainer here: supervised fine-tuning (sft, pt) and reinforcement learning with rewards are there.`,
    )
    return null
  }
  const method = config.text('finetuning_type')
  if (method !== null && method !== 'lora') {
    notes.changed(
      { on: 'node', node: NODES.model },
      `Fine-tuning of type ${method} became LoRA: adapters are what is trained.`,
    )
  }
  const maxSteps = positive(config.number('max_steps'))
  const held = heldoutRows(config.number('val_size'), notes)
  const rank = config.number('lora_rank') ?? (method === 'lora' ? 8 : null)
  loraAlpha(config.number('lora_alpha'), notes)
  const targets = config.texts('lora_target')
  const limit = config.number('max_samples')
  const prompts = config.flag('train_on_prompt')
  const last = config.flag('mask_history')
  const names = config.texts('dataset')
  const rows = (names.length > 0 ? names : ['the dataset']).map((name, index) =>
    namedRows(name, index, some({ limit, heldoutRows: index === 0 && held > 0 ? held : null }), notes),
  )
  return {
    model: some({
      name: config.text('model_name_or_path'),
      ...loraRank(rank, notes),
      ...loraTargets(targets.includes('all') ? null : targets, notes),
      ...renderer(config.text('template'), notes),
    }),
    rows,
    trainer: {
      kind: 'train-sft',
      params: some({
        learningRate: config.number('learning_rate') ?? 5e-5,
        ...schedule(config.text('lr_scheduler_type') ?? 'linear', notes),
        ...warmup(config.number('warmup_ratio') ?? 0, config.number('warmup_steps'), maxSteps, notes),
        ...epochs(config.number('num_train_epochs') ?? 3, notes),
        maxSteps,
        batchSize: config.number('per_device_train_batch_size') ?? 8,
        gradientAccumulation: config.number('gradient_accumulation_steps'),
        maxSequenceLength: config.number('cutoff_len') ?? 2048,
        trainOnWhat:
          stage === 'pt' || prompts === true ? 'all_tokens' : last === true ? 'last_assistant_message' : null,
        evalEvery: config.number('eval_steps'),
        seed: config.number('seed'),
        ...optimizer(config),
      }),
    },
    reward: null,
    saves: some({ name: 'saved', every: config.number('save_steps') }),
    heldout: held > 0,
  }
}

function renderer(template: string | null, notes: Notes): Recipe['model'] {
  if (template === null) return {}
  const known = RENDERER_OF[template]
  if (known !== undefined) return { renderer: known }
  notes.changed(onField(NODES.model, 'renderer'), `Template ${template} became automatic: the renderer of the model.`)
  return { renderer: 'auto' }
}

/** -1 stands for "not set" in trainers of Hugging Face. */
function positive(value: number | null): number | null {
  return value !== null && value > 0 ? value : null
}

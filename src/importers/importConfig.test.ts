import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDefaultRegistry } from '#nodes/index.ts'
import { compile } from '#src/compiler/compile.ts'
import type { GraphDoc } from '../graph/model.ts'
import { NO_FACTS } from '../ir/dataset.ts'
import { importConfig, looksLikeConfig } from './index.ts'

const registry = createDefaultRegistry()
const read = (text: string) => importConfig(registry, text, 'Imported')
const params = (doc: GraphDoc | null, node: string) => doc!.nodes[node as never]?.params as Record<string, unknown>
const codes = (text: string) => read(text).diagnostics.map((d) => d.code)

describe('a config of Tinker Studio', () => {
  const sft = {
    mode: 'sft',
    model: { baseModel: 'Qwen/Qwen3-8B', loraRank: 48, loraAlpha: 64, maxLength: 4096 },
    dataset: { preset: 'custom', customData: '{"input":"a","output":"b"}\n' },
    hyperparameters: { batchSize: 128, learningRate: 1e-4, epochs: 2, warmupRatio: 0.1, gradientAccumulation: 2 },
    checkpointing: { saveEvery: 25, outputDir: '/x' },
  }

  test('becomes model, rows, trainer and checkpoint, and keeps its own rows', () => {
    const { doc, format, diagnostics } = read(JSON.stringify(sft))
    expect(format).toBe('Tinker Studio')
    const kinds = Object.values(doc!.nodes).map((n) => n.kind)
    expect(kinds.sort()).toEqual(['checkpoint', 'dataset', 'model', 'note', 'train-sft'])
    expect(params(doc, 'model')).toMatchObject({ name: 'Qwen/Qwen3-8B', loraRank: 64 })
    expect(params(doc, 'trainer')).toMatchObject({
      learningRate: 1e-4,
      batchSize: 128,
      epochs: 2,
      gradientAccumulation: 2,
      schedule: 'linear',
      warmupRatio: 0.1,
      maxSequenceLength: 4096,
    })
    expect(params(doc, 'checkpoint')).toMatchObject({ every: 25 })
    const source = params(doc, 'rows')['source'] as { asset: string }
    expect(doc!.assets[source.asset]!.text).toBe(sft.dataset.customData)
    // Rank 48 is no power of two, alpha is no field, and the folder is the backend's affair.
    expect(diagnostics.map((d) => d.code).sort()).toEqual(['IC9101', 'IC9102', 'IC9104'])
  })

  test('in RL gets a reward, with what its code really did', () => {
    const rl = { rewardFunction: 'math_equivalence', groupSize: 16, klCoefficient: 0.1, temperature: 0.7 }
    const { doc, diagnostics } = read(JSON.stringify({ ...sft, mode: 'rl', rl }))
    expect(params(doc, 'reward')).toMatchObject({ grader: 'numeric', tolerance: 1e-6 })
    expect(params(doc, 'trainer')).toMatchObject({
      groupSize: 16,
      klCoef: 0.1,
      temperature: 0.7,
      maxTokens: 512,
      topP: 0.95,
    })
    expect(diagnostics.some((d) => d.at.on === 'field' && d.at.field === 'klCoef')).toBe(true)
  })

  test('with a reward that there is not says so on the card', () => {
    const rl = { rewardFunction: 'code_execution', groupSize: 8, klCoefficient: 0, temperature: 1 }
    const { diagnostics } = read(JSON.stringify({ ...sft, mode: 'rl', rl }))
    expect(diagnostics).toContainEqual(
      expect.objectContaining({ code: 'IC9101', at: { on: 'field', node: 'reward', field: 'grader' } }),
    )
  })
})

describe('a config of tinker-cookbook', () => {
  test('of the supervised loop takes over batch, renderer, split and cadence', () => {
    const { doc } = read(
      JSON.stringify({
        log_path: 'runs/x',
        model_name: 'meta-llama/Llama-3.1-8B-Instruct',
        dataset_builder: {
          common_config: {
            model_name_for_tokenizer: 'm',
            renderer_name: 'llama3',
            max_length: 32768,
            batch_size: 64,
            train_on_what: 'last_assistant_message',
          },
          file_path: 'conversations.jsonl',
          test_size: 128,
          shuffle_seed: 3,
        },
        learning_rate: 2e-4,
        lr_schedule: 'cosine',
        num_epochs: 2,
        lora_rank: 64,
        eval_every: 8,
        save_every: 20,
        ttl_seconds: 604_800,
        adam_beta1: 0.9,
        adam_beta2: 0.95,
        adam_eps: 1e-8,
      }),
    )
    expect(params(doc, 'model')).toMatchObject({ loraRank: 64, renderer: 'llama3' })
    expect(params(doc, 'rows')).toMatchObject({ heldoutRows: 128, splitSeed: 3 })
    expect(params(doc, 'trainer')).toMatchObject({
      batchSize: 64,
      schedule: 'cosine',
      epochs: 2,
      warmupRatio: 0,
      evalEvery: 8,
      trainOnWhat: 'last_assistant_message',
      eps: 1e-8,
    })
    expect(params(doc, 'checkpoint')).toMatchObject({ every: 20, keep: false, ttlHours: 168 })
    expect(Object.keys(doc!.edges)).toContain('rows-heldout-trainer-heldout')
  })

  test('of the RL loop takes over groups, KL and clipping, and says that rewards are code', () => {
    const { doc, diagnostics } = read(
      JSON.stringify({
        model_name: 'Qwen/Qwen3.5-9B',
        learning_rate: 4e-5,
        dataset_builder: { batch_size: 128, group_size: 16, renderer_name: 'qwen3_instruct', seed: 0 },
        max_tokens: 256,
        kl_penalty_coef: 0.01,
        loss_fn: 'ppo',
        loss_fn_config: { clip_low_threshold: 0.9, clip_high_threshold: 1.1 },
        remove_constant_reward_groups: true,
        async_config: { max_steps_off_policy: 2 },
        evaluator_builders: [],
        log_path: 'x',
      }),
    )
    expect(params(doc, 'trainer')).toMatchObject({
      batchSize: 128,
      groupSize: 16,
      maxTokens: 256,
      klCoef: 0.01,
      loss: 'ppo',
      clipLow: 0.9,
      clipHigh: 1.1,
      removeConstantGroups: true,
    })
    expect(diagnostics.map((d) => d.message).join('\n')).toContain('reward is Python code')
    expect(diagnostics.map((d) => d.message).join('\n')).toContain('evaluator_builders')
  })
})

const LLAMA_FACTORY = `
### model
model_name_or_path: meta-llama/Meta-Llama-3-8B-Instruct
trust_remote_code: true
stage: sft
do_train: true
finetuning_type: lora
lora_rank: 8
lora_target: q_proj,v_proj
lora_dropout: 0.1
dataset: identity,alpaca_en_demo
template: llama3
cutoff_len: 2048
max_samples: 1000
output_dir: saves/llama3-8b/lora/sft
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
learning_rate: 1.0e-4
num_train_epochs: 3.0
lr_scheduler_type: cosine
warmup_ratio: 0.1
bf16: true
val_size: 0.1
eval_steps: 500
save_steps: 500
`

describe('a YAML of LLaMA-Factory', () => {
  test('takes over what there is and names each setting that has no equivalent', () => {
    const { doc, diagnostics } = read(LLAMA_FACTORY)
    expect(params(doc, 'model')).toMatchObject({ loraRank: 8, renderer: 'llama3', trainAttn: true, trainMlp: false })
    expect(params(doc, 'trainer')).toMatchObject({
      batchSize: 1,
      gradientAccumulation: 8,
      learningRate: 1e-4,
      epochs: 3,
      schedule: 'cosine',
      evalEvery: 500,
    })
    expect(params(doc, 'rows')).toMatchObject({ limit: 1000, heldoutRows: 100 })
    const into = Object.values(doc!.edges).filter((edge) => edge.to.node === 'mix')
    expect(into.map((edge) => edge.from.node).sort()).toEqual(['rows', 'rows-2'])
    expect(diagnostics.filter((d) => d.code === 'IC9103')).toHaveLength(2)
    expect(diagnostics.some((d) => d.code === 'IC9101' && d.message.includes('lora_dropout'))).toBe(true)
    expect(diagnostics.find((d) => d.code === 'IC9104')!.message).toContain('output_dir')
  })

  test('of a stage that there is no trainer for is refused with the reason', () => {
    expect(read(LLAMA_FACTORY.replace('stage: sft', 'stage: dpo'))).toMatchObject({
      doc: null,
      diagnostics: [{ code: 'IC9003', message: expect.stringContaining('dpo') }],
    })
  })
})

const AXOLOTL = `
base_model: Qwen/Qwen3-4B
load_in_4bit: true
adapter: qlora
lora_r: 32
lora_alpha: 16
lora_target_linear: true
datasets:
  - path: databricks/databricks-dolly-15k
    type:
      field_instruction: instruction
      field_output: response
      format: "[INST] {instruction} [/INST]"
val_set_size: 200
sequence_len: 2048
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 4
optimizer: adamw_bnb_8bit
lr_scheduler: cosine
learning_rate: 2e-4
warmup_steps: 10
max_steps: 100
saves_per_epoch: 1
train_on_inputs: false
`

describe('a YAML of Axolotl', () => {
  test('takes over columns, split, warm-up in steps and a rate written without a dot', () => {
    const { doc, diagnostics } = read(AXOLOTL)
    expect(params(doc, 'rows')).toMatchObject({
      heldoutRows: 200,
      mapping: { type: 'prompt', prompt: 'instruction', answer: 'response', system: null },
    })
    expect(params(doc, 'trainer')).toMatchObject({
      batchSize: 2,
      gradientAccumulation: 4,
      learningRate: 2e-4,
      warmupRatio: 0.1,
      maxSteps: 100,
      maxSequenceLength: 2048,
    })
    const said = diagnostics.map((d) => d.message).join('\n')
    expect(said).toContain('QLoRA became LoRA')
    expect(said).toContain('alpha 16')
    expect(said).toContain('saves_per_epoch')
    expect(said).toContain('datasets[0].type.format')
  })

  test('of GRPO becomes RL', () => {
    const text = `${AXOLOTL}\nrl: grpo\ntrl:\n  num_generations: 4\n  beta: 0.001\n  reward_funcs: [rewards.exact]\n`
    expect(params(read(text).doc, 'trainer')).toMatchObject({ groupSize: 4, klCoef: 0.001, normalizeAdvantages: true })
  })
})

describe('whatever is imported', () => {
  test('compiles to diagnostics only about the rows that have to be chosen', () => {
    for (const text of [LLAMA_FACTORY, AXOLOTL]) {
      const errors = compile(read(text).doc!, registry, NO_FACTS).diagnostics.filter((d) => d.severity === 'error')
      expect(errors.length).toBeGreaterThan(0)
      expect(
        errors.every((d) => 'node' in d.at && d.at.node.startsWith('rows')),
        JSON.stringify(errors),
      ).toBe(true)
    }
  })

  test('says what is wrong with text that is no config', () => {
    expect(codes('a: [1,\n')).toEqual(['IC9001'])
    expect(codes('{"broken": ')).toEqual(['IC9001'])
    expect(codes('just prose')).toEqual(['IC9002'])
    expect(codes('a: 1')).toEqual(['IC9002'])
    expect(codes('x'.repeat(2_000_001))).toEqual(['IC9001'])
  })

  test('does not write out what aliases make large', () => {
    const bomb = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n')
    const { diagnostics } = read(`base_model: m\nmicro_batch_size: 1\na0: &a0 [x]\n${bomb}\n`)
    expect(diagnostics.length).toBeGreaterThan(30)
    expect(JSON.stringify(diagnostics).length).toBeLessThan(20_000)
  })

  test.each([
    ['learning_rate', 'fast', 'is not a number'],
    ['lora_r', '[1, 2]', 'is not a number'],
    ['train_on_inputs', 'sometimes', 'is not true or false'],
    ['chat_template', '{ x: 1 }', 'is not a text'],
    ['lora_target_modules', '7', 'is not a list of names'],
    ['datasets', 'nonsense', 'is not a list of groups of settings'],
    ['eval_steps', '0.1', 'A share of 0.1'],
  ])('%s: %s is not left out in silence', (key, value, message) => {
    const config = { base_model: 'm', adapter: 'lora', datasets: '[{ path: a, type: alpaca }]', [key]: value }
    const text = Object.entries(config).map(([name, set]) => `${name}: ${set}`)
    const told = read(text.join('\n')).diagnostics.filter((d) => d.message.includes(message))
    expect(told.map((d) => [d.code, d.message.includes(key)])).toEqual([['IC9101', true]])
  })

  test('keeps what came over otherwise in a note on the canvas', () => {
    const { doc, diagnostics } = read(
      'base_model: m\nadapter: lora\nlora_r: 24\nnot_known: "*a* <b>"\ndatasets:\n  - path: a\n',
    )
    const { title, params: note } = doc!.nodes['note' as never] as unknown as {
      title: string
      params: { text: string }
    }
    expect(title).toBe('From Axolotl')
    expect(note.text.split('\n').filter((line) => line.startsWith('• '))).toEqual([
      '• LoRA rank 24 became 32: ranks are powers of two up to 256.',
      '• Axolotl’s not_known ("*a* <b>") has no equivalent and was left out.',
    ])
    expect(diagnostics.filter(({ code }) => code !== 'IC9103')).toHaveLength(2)
    // It is no part of the plan, and a config of which all came over has none.
    expect(read('base_model: m\nadapter: lora\ndatasets:\n  - path: a\n').doc!.nodes).not.toHaveProperty('note')
  })

  test('says nothing of settings that are there without a value', () => {
    const text = 'base_model: m\nadapter: lora\nlearning_rate:\nrl: false\nchat_template: ""\ndatasets:\n  - path: a\n'
    expect(codes(text)).toEqual(['IC9103'])
  })

  test('never throws, on any values under any known key', () => {
    const keys = [
      'mode',
      'model',
      'hyperparameters',
      'dataset',
      'model_name',
      'learning_rate',
      'dataset_builder',
      'lora_rank',
      'group_size',
    ]
    const more = [
      'model_name_or_path',
      'stage',
      'lora_target',
      'base_model',
      'datasets',
      'micro_batch_size',
      'rl',
      'trl',
      'lora_r',
      '__proto__',
    ]
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('sft', 'rl', 'grpo', -1, 0, 48, Number.MAX_VALUE, '1e-4', [], {}),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...keys, ...more), value)), (pairs) => {
        const read = importConfig(registry, JSON.stringify(Object.fromEntries(pairs)), 'x')
        expect(read.doc !== null || read.diagnostics.length > 0).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('is looked for in YAML, and in JSON that is a known config', () => {
    expect(looksLikeConfig('a.yaml', 'x: 1')).toBe(true)
    expect(looksLikeConfig('c.json', '{"base_model":"m","adapter":"lora"}')).toBe(true)
    expect(looksLikeConfig('rows.json', '{"prompt":"a"}')).toBe(false)
    expect(looksLikeConfig('rows.jsonl', '{"base_model":"m","adapter":"lora"}')).toBe(false)
  })
})

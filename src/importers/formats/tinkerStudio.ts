/** The pipeline record of Tinker Studio (its `PipelineConfig`): mode, model, dataset, hyperparameters, rl, checkpointing. */
import { sha256Hex } from '../../base/sha256.ts'
import type { AssetId } from '../../base/ids.ts'
import { NODES, onField } from '../recipe.ts'
import type { ConfigFormat, Notes, Recipe, Rows } from '../recipe.ts'
import { isRecord } from '../settings.ts'
import type { Settings } from '../settings.ts'
import { loraAlpha, loraRank, namedRows, some } from '../values.ts'

export const tinkerStudio: ConfigFormat = {
  id: 'tinker-studio',
  title: 'Tinker Studio',
  matches: (config) =>
    (config['mode'] === 'sft' || config['mode'] === 'rl') &&
    isRecord(config['model']) &&
    'baseModel' in config['model'] &&
    isRecord(config['hyperparameters']),
  read,
}

function read(config: Settings, notes: Notes): Recipe {
  const rl = config.text('mode') === 'rl'
  const model = config.record('model')
  const values = config.record('hyperparameters')
  const saves = config.record('checkpointing')
  const rate = config.record('rl')
  saves.drop('outputDir')
  const resume = config.record('resumeFrom')
  const path = resume.text('checkpointPath')
  resume.drop('checkpointLabel', 'fromStep', 'jobId')
  if (path !== null) {
    notes.lost(
      { on: 'node', node: NODES.model },
      `The config goes on from ${path}; the drawing begins with the base model.`,
    )
  }
  loraAlpha(model.number('loraAlpha'), notes)
  const common = some({
    learningRate: values.number('learningRate'),
    batchSize: values.number('batchSize'),
    epochs: values.number('epochs'),
    warmupRatio: values.number('warmupRatio'),
    maxSequenceLength: model.number('maxLength'),
    // What its generated code really does, whatever the form says.
    schedule: 'linear',
  })
  const accumulation = values.number('gradientAccumulation')
  return {
    model: some({ name: model.text('baseModel'), ...loraRank(model.number('loraRank'), notes) }),
    rows: [rowsOf(config.record('dataset'), notes)],
    trainer: rl
      ? { kind: 'train-rl', params: rlParams(common, rate, accumulation, notes) }
      : { kind: 'train-sft', params: { ...common, ...some({ gradientAccumulation: accumulation }) } },
    reward: rl ? rewardOf(rate.text('rewardFunction'), notes) : null,
    saves: some({ name: 'saved', every: saves.number('saveEvery') }),
    heldout: false,
  }
}

function rowsOf(dataset: Settings, notes: Notes): Rows {
  const name = dataset.text('preset') ?? 'custom'
  const text = dataset.text('customData')
  if (text === null) return namedRows(name, 0, {}, notes)
  const id = sha256Hex(text) as AssetId
  const asset = { id, name: 'custom.jsonl', mediaType: 'application/jsonl', text }
  return {
    title: 'Custom rows',
    params: { source: { type: 'asset', asset: id, name: asset.name, format: 'jsonl' } },
    asset,
  }
}

function rlParams(common: Recipe['model'], rl: Settings, accumulation: number | null, notes: Notes): Recipe['model'] {
  if (accumulation !== null && accumulation > 1) {
    notes.lost(
      { on: 'node', node: NODES.trainer },
      `Gradient accumulation ${accumulation} has no equivalent in RL: raise the prompts per step instead.`,
    )
  }
  const kl = rl.number('klCoefficient')
  if (kl !== null && kl > 0) {
    const message = `KL penalty ${kl} is really applied here; the code of Tinker Studio only printed it. Set 0 for the same training.`
    notes.changed(onField(NODES.trainer, 'klCoef'), message)
  }
  return {
    ...common,
    ...some({ groupSize: rl.number('groupSize'), temperature: rl.number('temperature'), klCoef: kl }),
    // Fixed in its generated code.
    maxTokens: 512,
    topP: 0.95,
  }
}

function rewardOf(name: string | null, notes: Notes): Recipe['model'] {
  if (name === 'exact_match') return { grader: 'exact', stripPunctuation: true }
  if (name === 'math_equivalence') return { grader: 'numeric', tolerance: 1e-6 }
  notes.lost(
    onField(NODES.reward, 'grader'),
    `Reward ${name ?? '(none)'} has no equivalent; exact match stands in its place.`,
  )
  return { grader: 'exact' }
}

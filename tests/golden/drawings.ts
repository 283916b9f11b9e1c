/** Drawings whose plans are kept as golden files. */
import type { GraphDoc, Params } from '#src/graph/model.ts'
import { draw } from '#src/kinds/drawing.ts'
import type { Drawing } from '#src/kinds/drawing.ts'
import { registry } from '../support/pipeline.ts'

export const set = (name: string): Params => ({ source: { type: 'builtin', name } })

/** A model and rows wired into an SFT node called `sft`: where most drawings begin. */
export function oneSft(params: Params = {}, rows: Params = {}): Drawing {
  return draw(registry)
    .node('model', 'model')
    .node('rows', 'dataset', { ...set('pig-latin-sft'), ...rows })
    .node('sft', 'train-sft', params)
    .wire('model.policy', 'sft.policy')
    .wire('rows.rows', 'sft.dataset')
}

/** A model, prompts and a reward wired into an RL node called `rl`. */
export function oneRl(params: Params = {}): Drawing {
  return draw(registry)
    .node('model', 'model')
    .node('prompts', 'dataset', set('pig-latin-prompts'))
    .node('exact', 'reward')
    .node('rl', 'train-rl', params)
    .wire('model.policy', 'rl.policy')
    .wire('prompts.rows', 'rl.dataset')
    .wire('exact.reward', 'rl.reward')
}

/** Two trainers start from one checkpoint, each goes on, and two evaluations look at all of it. */
export function branches(): GraphDoc {
  return oneSft()
    .node('fork', 'checkpoint', { name: 'fork', every: 10 }, { title: 'Fork' })
    .node('slow', 'train-sft', { learningRate: 1e-5 }, { title: 'Slow' })
    .node('fast', 'train-sft', { learningRate: 1e-3, continueOptimizer: false }, { title: 'Fast' })
    .node('fast-save', 'checkpoint', { name: 'fast', keep: false, ttlHours: 24 }, { title: 'Fast saved' })
    .node('test', 'dataset', set('pig-latin-heldout'))
    .node('exact', 'reward')
    .node('style', 'reward', { grader: 'length', weight: 0.2 }, { title: 'Short' })
    .node('greedy', 'evaluate')
    .node('sampled', 'evaluate', { temperature: 1, samplesPerRow: 4, limit: 50 })
    .wire('sft.trained', 'fork.policy')
    .wire('fork.saved', 'slow.policy')
    .wire('fork.saved', 'fast.policy')
    .wire('rows.rows', 'slow.dataset')
    .wire('rows.rows', 'fast.dataset')
    .wire('fast.trained', 'fast-save.policy')
    .wire('model.policy', 'greedy.policies')
    .wire('fork.saved', 'greedy.policies')
    .wire('slow.trained', 'greedy.policies')
    .wire('fast-save.saved', 'greedy.policies')
    .wire('test.rows', 'greedy.dataset')
    .wire('exact.reward', 'greedy.reward')
    .wire('slow.trained', 'sampled.policies')
    .wire('fast-save.saved', 'sampled.policies')
    .wire('test.rows', 'sampled.dataset')
    .wire('exact.reward', 'sampled.reward')
    .wire('style.reward', 'sampled.reward').doc
}

/** Rewards of all sorts, added up through one another and at the port. */
export function sums(): GraphDoc {
  return oneRl({ loss: 'ppo', substeps: 2, klCoef: 0.05, maxSteps: 10 })
    .node('number', 'reward', { grader: 'numeric', tolerance: 0.01, weight: 0.5 })
    .node('form', 'reward', { grader: 'regex', pattern: '^(\\S+)$', flags: 'u', compareGroup: true, weight: 0.25 })
    .node('short', 'reward', { grader: 'length', unit: 'words', maxLength: 4, falloff: 2, weight: -0.1 })
    .wire('number.reward', 'exact.rewards')
    .wire('form.reward', 'number.rewards')
    .wire('short.reward', 'rl.reward').doc
}

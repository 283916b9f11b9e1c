/** Runs a command in this process with what it writes caught, and documents for it to run. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serialiseDoc } from '#src/graph/codec.ts'
import type { GraphDoc, Params } from '#src/graph/model.ts'
import { draw } from '#src/kinds/drawing.ts'
import { createDefaultRegistry } from '#nodes/index.ts'
import { main } from '../main.ts'

export type Outcome = { readonly code: number; readonly out: string; readonly err: string; readonly json: unknown }

export async function tunegraph(...args: string[]): Promise<Outcome> {
  const [stdout, stderr] = [process.stdout.write, process.stderr.write]
  let [out, err] = ['', '']
  process.stdout.write = (text: string | Uint8Array): boolean => Boolean((out += String(text)))
  process.stderr.write = (text: string | Uint8Array): boolean => Boolean((err += String(text)))
  try {
    const code = await main(args)
    return { code, out, err, json: args.includes('--json') ? JSON.parse(out.trim().split('\n').at(-1)!) : null }
  } finally {
    process.stdout.write = stdout
    process.stderr.write = stderr
  }
}

export function fileOf(content: GraphDoc | string, name = 'graph.tunegraph.json'): string {
  const path = join(mkdtempSync(join(tmpdir(), 'tunegraph-')), name)
  writeFileSync(path, typeof content === 'string' ? content : serialiseDoc(content))
  return path
}

/** Two steps of SFT, two of RL, then an evaluation of base and result on four rows. */
export function shortLesson(changes: { sft?: Params; rl?: Params; reward?: Params; sftSet?: string } = {}): GraphDoc {
  const rows = (name: string, limit: number): Params => ({ source: { type: 'builtin', name }, limit })
  return draw(createDefaultRegistry(), 'short', 'Short lesson')
    .node('model', 'model', { loraRank: 8 }, { title: 'Base' })
    .node('rows', 'dataset', rows(changes.sftSet ?? 'pig-latin-sft', 16))
    .node('prompts', 'dataset', rows('pig-latin-prompts', 8))
    .node('unseen', 'dataset', rows('pig-latin-heldout', 4))
    .node('reward', 'reward', { grader: 'length', minLength: 0, maxLength: 0, falloff: 40, ...changes.reward })
    .node('sft', 'train-sft', { batchSize: 8, learningRate: 1e-3, ...changes.sft }, { title: 'Teach' })
    .node(
      'rl',
      'train-rl',
      { batchSize: 4, groupSize: 4, maxTokens: 12, temperature: 2, ...changes.rl },
      { title: 'Reward' },
    )
    .node('compare', 'evaluate', { maxTokens: 4 }, { title: 'Compare' })
    .wire('model.policy', 'sft.policy')
    .wire('rows.rows', 'sft.dataset')
    .wire('unseen.rows', 'sft.heldout')
    .wire('sft.trained', 'rl.policy')
    .wire('prompts.rows', 'rl.dataset')
    .wire('reward.reward', 'rl.reward')
    .wire('model.policy', 'compare.policies')
    .wire('rl.trained', 'compare.policies')
    .wire('unseen.rows', 'compare.dataset')
    .wire('reward.reward', 'compare.reward').doc
}

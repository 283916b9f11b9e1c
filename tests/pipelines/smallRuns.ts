/** Whole drawings carried out on the embedded backend with a model of random weights: seconds, and real to the last step. */
import { compile } from '#src/compiler/compile.ts'
import type { GraphDoc, Params } from '#src/graph/model.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import type { Drawing } from '#src/kinds/drawing.ts'
import { draw } from '#src/kinds/drawing.ts'
import { LESSON } from '#src/training/testing/plans.ts'
import { SMALL, smallBackend, testRun } from '#src/training/testing/trainingHost.ts'
import type { RunTuning, TestRun } from '#src/training/testing/trainingHost.ts'
import { datasetFacts } from '#src/data/facts.ts'
import type { Facts } from '#src/ir/dataset.ts'
import { datasetKey } from '#src/ir/datasetKey.ts'
import { builtin } from '../support/facts.ts'
import { registry } from '../support/pipeline.ts'

const ROWS = { 'pig-latin-sft': LESSON.sft, 'pig-latin-prompts': LESSON.prompts, 'pig-latin-heldout': LESSON.heldout }

const facts: Facts = {
  datasets: Object.fromEntries(
    Object.entries(ROWS).map(([name, text]) => [datasetKey(builtin(name)), datasetFacts(builtin(name), text)]),
  ),
  models: [{ name: SMALL, maxContext: 64, renderer: 'role_colon' }],
}

const rows = (name: string, limit: number): Params => ({ source: { type: 'builtin', name }, limit })

/** Two steps on sixteen rows: enough to change the weights. */
export const QUICK: Params = { batchSize: 8, maxSequenceLength: 64, learningRate: 1e-2 }

/** The nodes that every small run needs: `model`, `rows`, `test` and `short`, a reward that nearly every answer gets some of. */
export function small(): Drawing {
  return draw(registry, 'small', 'Small')
    .node('model', 'model', { name: SMALL, loraRank: 4 }, { title: 'Base' })
    .node('rows', 'dataset', rows('pig-latin-sft', 16))
    .node('test', 'dataset', rows('pig-latin-heldout', 8))
    .node('short', 'reward', { grader: 'length', minLength: 0, maxLength: 0, falloff: 40 })
}

/** Adds an SFT node behind `from`. */
export function sft(drawing: Drawing, id: string, from: string, params: Params = {}): Drawing {
  return drawing
    .node(id, 'train-sft', { ...QUICK, ...params })
    .wire(from, `${id}.policy`)
    .wire('rows.rows', `${id}.dataset`)
}

/** Adds an evaluation of these policies. */
export function evaluated(drawing: Drawing, id: string, ...policies: readonly string[]): Drawing {
  let made = drawing
    .node(id, 'evaluate', { maxTokens: 8 })
    .wire('test.rows', `${id}.dataset`)
    .wire('short.reward', `${id}.reward`)
  for (const policy of policies) made = made.wire(policy, `${id}.policies`)
  return made
}

/** @throws Error with what the compiler says, when the drawing does not compile */
export function planned(doc: GraphDoc): Plan {
  const { plan, diagnostics } = compile(doc, registry, facts)
  if (!plan) throw new Error(diagnostics.map((d) => `${d.code} ${d.message}`).join('\n'))
  return plan
}

export const backend = smallBackend()

/** @param files those that are not what they were when the plan was made */
export function runOf(doc: GraphDoc, files: Partial<typeof ROWS> = {}): TestRun {
  return testRun(backend, planned(doc), { ...ROWS, ...files })
}

export function firstRows(name: keyof typeof ROWS, count: number): string {
  return ROWS[name].split('\n').slice(0, count).join('\n')
}

/** Carries a drawing out and gives the phase of each stage by its id. */
export async function phases(doc: GraphDoc, tuning: RunTuning = {}): Promise<{ run: TestRun; phases: object }> {
  const run = runOf(doc)
  const end = await run.run(tuning)
  if (end !== 'finished') throw new Error(run.state().failure?.message ?? end)
  const byStage = Object.entries(run.state().stages).map(([id, stage]) => [id, stage.phase])
  return { run, phases: Object.fromEntries(byStage) }
}

/** Random settings of a whole plan, for tests of what is said of them. */
import type { Rng } from '#src/base/rng.ts'
import type { DatasetFacts } from '#src/ir/dataset.ts'
import { BASE, HUGE, QWEN, RETIRING, STAYING, content, keys } from '../support/advised.ts'
import type { Change } from '../support/advised.ts'

/** Wild settings are full of errors, mild ones mostly run and have something to be advised of. */
export function randomChange(rng: Rng, wild: boolean): Change {
  const one = <T>(...of: readonly T[]): T => of[rng.int(of.length)]!
  const often = (): boolean => rng.next() < 0.5
  /** From `low` to `high`, evenly over their logarithms. */
  const log = (low: number, high: number): number => Number((low * (high / low) ** rng.next()).toPrecision(2))
  const whole = (low: number, high: number): number => Math.round(log(low, high))
  const name = one(QWEN, QWEN, QWEN, BASE, HUGE, RETIRING)
  const rows = (count: number, own: Partial<DatasetFacts> = {}): Partial<DatasetFacts> => ({
    rows: count,
    content: content({
      repeats: rng.int(1 + count / 10),
      multiTurn: one(0, 3),
      thinking: wild ? one(0, 5) : 0,
      odd: one(null, { rows: 1, line: 2, what: 'an empty answer' }),
    }),
    ...(often() ? { tokens: counted(count, whole(5, 300), whole(5, 300)) } : {}),
    ...own,
  })
  const lengths = (count: number, most: number): number[] => keys(0, count).map(() => 1 + rng.int(most))
  const counted = (count: number, prompt: number, completion: number): DatasetFacts['tokens'] => {
    const counts = { prompt: lengths(count, prompt), completion: lengths(count, completion) }
    return [name, STAYING].map((model) => ({ model, ...counts }))
  }
  const optimizer = {
    batchSize: whole(1, wild ? 2000 : 100),
    epochs: whole(1, 9),
    maxSteps: one(0, 0, whole(1, 400)),
    maxSequenceLength: wild ? one(0, 0, whole(20, 600)) : 0,
    warmupRatio: one(0, 0.05, 0.4, wild ? 1 : 0),
    gradClipNorm: one(0, 0, 1),
  }
  return {
    model: {
      name,
      loraRank: one(1, 4, 32, 256),
      renderer: one('auto', 'qwen3', 'qwen3_disable_thinking', 'role_colon', wild ? 'llama3' : 'auto'),
    },
    sft: {
      ...optimizer,
      learningRate: log(1e-5, wild ? 1e-2 : 2.9e-3),
      gradientAccumulation: one(1, 1, 4, wild ? 200 : 2),
      evalEvery: one(0, 1, 7, 100),
      trainOnWhat: one('all_assistant_messages', 'last_assistant_message', 'all_tokens'),
    },
    rl: {
      ...optimizer,
      batchSize: whole(1, wild ? 500 : 100),
      learningRate: log(1e-7, 1e-3),
      groupSize: one(2, 8, 64),
      maxTokens: whole(1, 5000),
      klCoef: one(0, 0, 0.05, 1),
      substeps: one(1, 1, 6),
      temperature: one(1, 0.7),
    },
    save: { every: one(0, 1, 10, 500), keep: often(), ttlHours: whole(1, 200) },
    exact: { weight: one(1, 0.1, 0) },
    form: { weight: one(0.1, 1, -3) },
    eval: { temperature: one(0, 1), maxTokens: whole(1, 500) },
    ...(often() ? { later: { temperature: one(0, 1), maxTokens: whole(1, 500) } } : {}),
    rows: { heldoutRows: wild ? one(0, 50, 500) : 50 },
    train: rows(whole(wild ? 5 : 900, 3000)),
    prompts: rows(whole(wild ? 5 : 900, 3000)),
    test: rows(whole(5, 500)),
    ...(often() ? { backwards: true } : {}),
    ...(often() ? { heldout: false as const } : {}),
  }
}

/** What steps of the conversation leave for later ones, and the small lessons that they teach. */
import { modelInputFromTokens, tensorForKey } from '#src/tinker/index.ts'
import type { Datum, ForwardBackwardOutput, SampledSequence, ServiceClient, TrainingClient } from '#src/tinker/index.ts'

export type Facts = {
  readonly url: string
  readonly key: string
  model: string
  /** The model that is taught. */
  pupil: TrainingClient
  statePath: string
  samplerPath: string
  /** The model that goes on from the saved state. */
  heir: TrainingClient
  samples: readonly SampledSequence[]
  runId: string
}

export type Step = {
  readonly title: string
  readonly needs: readonly (keyof Facts)[]
  /** Gives what was seen, in a few words; throws when it did not work. `learned` takes what later steps need. */
  act(service: ServiceClient, facts: Facts, learned: Partial<Facts>): Promise<string>
}

/** Ids that any vocabulary has; all lessons are of one length, so that a compiling server compiles once. */
export const LESSONS: readonly (readonly number[])[] = [
  [11, 12, 13, 14, 15, 16, 17, 18],
  [21, 22, 23, 24, 25, 26, 27, 28],
  [31, 32, 33, 34, 35, 36, 37, 38],
]

export const PROMPT = Int32Array.of(11, 12, 13, 14)

export function lessons(): Datum[] {
  return LESSONS.map((ids) => ({
    modelInput: modelInputFromTokens(ids.slice(0, -1)),
    lossFnInputs: {
      target_tokens: tensorForKey('target_tokens', ids.slice(1)),
      weights: tensorForKey(
        'weights',
        ids.slice(1).map(() => 1),
      ),
    },
  }))
}

/** An answer as a datum of importance sampling: only its own tokens count. */
export function experience(prompt: Int32Array, answer: SampledSequence, advantage: number): Datum {
  const ids = [...prompt, ...answer.tokens]
  const silent = prompt.length - 1
  const own = (value: (i: number) => number): number[] => [
    ...Array.from({ length: silent }, () => 0),
    ...Array.from(answer.tokens, (_, i) => value(i)),
  ]
  return {
    modelInput: modelInputFromTokens(ids.slice(0, -1)),
    lossFnInputs: {
      target_tokens: tensorForKey('target_tokens', ids.slice(1)),
      logprobs: tensorForKey(
        'logprobs',
        own((i) => answer.logprobs![i]!),
      ),
      advantages: tensorForKey(
        'advantages',
        own(() => advantage),
      ),
    },
  }
}

/** Summed loss: the server's figure, or ours from the log-probabilities where it names none. */
export function lossOf(output: ForwardBackwardOutput): number {
  const named = output.metrics['loss:sum']
  if (named !== undefined) return named
  return -output.lossFnOutputs.reduce(
    (sum, { logprobs }) => sum + Array.from(logprobs?.data ?? [], Number).reduce((a, b) => a + b, 0),
    0,
  )
}

export function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

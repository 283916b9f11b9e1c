/** What a person does with the client: a few pipelined SFT steps, two saves, sampling, and the end. */
import { failureOf, modelInputFromTokens, tensorForKey } from '#src/tinker/index.ts'
import type { ApiFuture, Datum, Failure, SamplingClient, ServiceClient, TrainingClient } from '#src/tinker/index.ts'

export type Ending = { readonly value: unknown } | { readonly failure: Failure }

/** How one call on the client ended, after how long; `accepted`: the client knows the server's id of the operation. */
export type Call = { readonly name: string; readonly ending: Ending; readonly accepted: boolean; readonly atMs: number }

/** `resultMs`: how long the caller waits for a result; the waiting ends then, not the operation. */
export type Shape = { readonly steps: number; readonly samples: number; readonly resultMs?: number }

const TEXTS = ['the quick brown fox', 'jumps over the lazy dog', 'and away']
export function datumOf(text: string): Datum {
  const tokens = [...new TextEncoder().encode(text)]
  const targets = tokens.slice(1)
  return {
    modelInput: modelInputFromTokens(tokens.slice(0, -1)),
    lossFnInputs: {
      target_tokens: tensorForKey('target_tokens', targets),
      weights: tensorForKey(
        'weights',
        targets.map(() => 1),
      ),
    },
  }
}

export type Conversation = { readonly calls: readonly Call[]; readonly modelId: string | undefined }

/** Never rejects but for bugs: every call's ending is noted, in `calls` also while others are on their way. */
export async function converse(service: ServiceClient, shape: Shape, calls: Call[] = []): Promise<Conversation> {
  const trainer = await noted(calls, 'create model', () =>
    service.createLoraTrainingClient({ baseModel: 'test/tiny', rank: 4, seed: 7 }),
  )
  if (trainer !== undefined) await train(trainer, shape, calls)
  return { calls, modelId: trainer?.modelId }
}

async function train(
  trainer: TrainingClient,
  { steps, samples, resultMs = 30_000 }: Shape,
  calls: Call[],
): Promise<void> {
  const futures: [string, ApiFuture<unknown>][] = []
  for (let step = 0; step < steps; step++) {
    const data = [datumOf(TEXTS[step % TEXTS.length]!), datumOf('tail')]
    futures.push([`forward_backward ${step}`, trainer.forwardBackward(data, 'cross_entropy')])
    futures.push([`optim_step ${step}`, trainer.optimStep({ learningRate: 0.01 })])
  }
  futures.push(['save state', trainer.saveState('end')])
  const saved = trainer.saveWeightsAndGetSamplingClient()
  futures.push(['save for sampling', saved])
  await Promise.all(futures.map(([name, future]) => settled(calls, name, future, resultMs)))
  const sampler: SamplingClient | undefined = await saved.result().catch(() => undefined)
  if (sampler === undefined) return
  const prompt = Int32Array.from(new TextEncoder().encode('the '))
  await Promise.all(
    Array.from({ length: samples }, (_, i) =>
      settled(
        calls,
        `sample ${i}`,
        sampler.sample({ prompt, params: { maxTokens: 6, seed: i, temperature: 1 } }),
        resultMs,
      ),
    ),
  )
}

async function settled(calls: Call[], name: string, future: ApiFuture<unknown>, timeoutMs: number): Promise<void> {
  await noted(calls, name, () => future.result({ timeoutMs }), future)
}

async function noted<T>(
  calls: Call[],
  name: string,
  run: () => Promise<T>,
  future?: ApiFuture<unknown>,
): Promise<T | undefined> {
  const started = Date.now()
  const accepted = (): boolean => future?.progress.requestId !== undefined
  try {
    const value = await run()
    calls.push({ name, ending: { value: comparable(value) }, accepted: accepted(), atMs: Date.now() - started })
    return value
  } catch (error) {
    const failure = failureOf(error)
    if (failure === undefined) throw error
    calls.push({ name, ending: { failure }, accepted: accepted(), atMs: Date.now() - started })
    return undefined
  }
}

/** What two runs of the same conversation have in common: no ids, no addresses. */
function comparable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('modelId' in value || 'samplingSessionId' in value || 'path' in value) return 'there'
  if (ArrayBuffer.isView(value)) return [...(value as Float32Array)].map(String).join(' ')
  if (typeof value === 'bigint') return String(value)
  return JSON.parse(
    JSON.stringify(value, (key, member: unknown) => {
      if (key === 'sequenceId') return 'there'
      return ArrayBuffer.isView(member) ? [...(member as Float32Array)].map(String).join(' ') : member
    }),
  ) as unknown
}

/** A run's host in memory over a real embedded backend: keeps the log, points and rollouts that a run leaves. */
import { readFileSync } from 'node:fs'
import type { RunId, StageId } from '../../base/ids.ts'
import { countingIds } from '../../base/ids.ts'
import { createEmbeddedBackend, memoryBlobStore } from '../../backend/index.ts'
import type { EmbeddedBackend, EmbeddedBackendOptions } from '../../backend/index.ts'
import { tinyModel } from '../../backend/service/testing/tinyModel.ts'
import { tokenizerFiles } from '../../tokenizers/testing/tokenizerFiles.ts'
import type { Example } from '../../data/example.ts'
import { readExamples } from '../../data/readExamples.ts'
import { selectExamples } from '../../data/selectExamples.ts'
import type { DatasetSpec } from '../../ir/dataset.ts'
import type { Plan } from '../../ir/pipelineConfig.ts'
import type { RolloutRecord, RunEvent, RunEventBody } from '../../ir/runEvent.ts'
import { finishedStages, unfinishedStages } from '../../ir/reuse.ts'
import { reduceRun } from '../../ir/runState.ts'
import type { RunState } from '../../ir/runState.ts'
import { createServiceClient } from '../../tinker/index.ts'
import { NO_BUDGET } from '../fuse.ts'
import type { Budget } from '../fuse.ts'
import { runPlan } from '../runPlan.ts'
import type { RunEnd } from '../runPlan.ts'
import type { RunContext } from '../runContext.ts'

/** The model that ships: slow enough to be real, good enough to learn. */
export const TINY = 'tunegraph/tiny-1m'
/** Two layers of random weights: learns next to nothing, in milliseconds. Writes with role_colon, reads 64 tokens. */
export const SMALL = 'test/tiny'
const RUN = 'run_1' as RunId

const folder = new URL('../../../models/tunegraph-tiny-1m/', import.meta.url)
const fileOf = (name: string): Uint8Array => readFileSync(new URL(name, folder))
const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8')

export function tinyBackend(options: Partial<EmbeddedBackendOptions> = {}): EmbeddedBackend {
  const names = [
    'config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'generation_config.json',
    'model.safetensors',
  ]
  const files = Object.fromEntries(names.map((name) => [name, fileOf(name)]))
  return createEmbeddedBackend({
    models: [{ name: TINY, files }],
    storage: memoryBlobStore(),
    ids: countingIds(),
    engine: { simd: 'strict' },
    ...options,
  })
}

export function smallBackend(): EmbeddedBackend {
  return tinyBackend({ models: [tinyModel(SMALL)] })
}

function tokenizerOf(model: string): { tokenizer: string; config: string } {
  if (model === TINY) return { tokenizer: textOf('tokenizer.json'), config: textOf('tokenizer_config.json') }
  return tokenizerFiles({ special: ['<|pad|>', '<|end|>', '<|user|>', '<|assistant|>'], eos: '<|end|>' })
}

export type Point = readonly [stage: string, step: number, value: number]

export type TestRun = {
  readonly events: readonly RunEvent[]
  readonly rollouts: readonly Omit<RolloutRecord, 'run'>[]
  state(): RunState
  /** Points as a reader of the log keeps them: a resumed stage overwrites what it repeats. */
  points(series: string): readonly Point[]
  /** All series whose values do not depend on the clock. */
  untimedPoints(): { readonly [series: string]: readonly Point[] }
  clock(): number
  run(options?: RunTuning): Promise<RunEnd>
  stop(): void
}

export type RunTuning = {
  readonly resume?: RunState
  readonly rollingSaveMs?: number
  /** Called before an event is on record; throwing ends the run as a crash would. */
  readonly onEvent?: (event: RunEventBody) => void
  readonly boundary?: () => Promise<void>
  /** States of earlier runs, the newest first. */
  readonly earlier?: readonly RunState[]
  readonly asked?: readonly StageId[]
  readonly budget?: Partial<Budget>
  /** Stands between client and backend, as a proxy would. */
  readonly fetch?: (request: Request) => Promise<Response>
}

/** @param rows dataset name → JSON lines */
export function testRun(backend: EmbeddedBackend, plan: Plan, rows: { readonly [name: string]: string }): TestRun {
  const events: RunEvent[] = []
  const rollouts: Omit<RolloutRecord, 'run'>[] = []
  const points = new Map<string, Point[]>()
  const stopper = new AbortController()
  let crashed = false

  const append = (body: RunEventBody): void => {
    events.push({ ...body, run: RUN, seq: events.length, at: events.length })
  }
  const state = (): RunState => events.reduce<RunState | null>(reduceRun, null)!

  return {
    events,
    rollouts,
    state,
    points: (series) => points.get(series) ?? [],
    untimedPoints: () =>
      Object.fromEntries([...points].filter(([name]) => !name.startsWith('time/') && !name.endsWith('per_second'))),
    clock: () => performance.now(),
    stop: () => stopper.abort(),
    async run({ resume, rollingSaveMs = 1e9, onEvent, boundary, fetch, earlier, asked = [], budget }: RunTuning = {}) {
      if (resume) append({ type: 'runResumed' })
      else {
        const backendRef = { type: 'embedded', url: 'http://backend' } as const
        append({ type: 'runStarted', title: plan.title, plan, backend: backendRef, docId: 'doc', docVersion: 1 })
      }
      crashed = false
      const service = createServiceClient({
        baseUrl: 'http://backend',
        fetch: fetch ?? ((request) => backend.fetch(request)),
        signal: stopper.signal,
      })
      const ctx: RunContext = {
        run: RUN,
        service,
        examples: (spec) => Promise.resolve(examplesOf(spec, rows)),
        tokenizerFiles: (model) => Promise.resolve(tokenizerOf(model)),
        emit(event) {
          try {
            if (!crashed) onEvent?.(event)
          } catch (error) {
            crashed = true
            throw error
          }
          // A crashed host writes nothing more.
          if (!crashed) append(event)
          return Promise.resolve()
        },
        metrics({ stage, series, steps, values }) {
          if (crashed) return
          const kept = (points.get(series) ?? []).filter(([s, step]) => s !== stage || step < steps[0]!)
          points.set(series, [...kept, [stage, steps[0]!, values[0]!]])
        },
        rollouts: (records) => void rollouts.push(...records),
        signal: stopper.signal,
        boundary: boundary ?? (() => Promise.resolve()),
        now: () => performance.now(),
        ...(earlier
          ? {
              earlier: () =>
                Promise.resolve({
                  stages: earlier.flatMap(finishedStages),
                  unfinished: unfinishedStages(earlier),
                  docId: 'doc',
                  asked: new Set(asked),
                }),
            }
          : {}),
      }
      const end = await runPlan(plan, ctx, resume, {
        rollingSaveMs,
        rollingSaveShare: Infinity,
        budget: { ...NO_BUDGET, ...budget },
      })
      await service.close()
      return end
    },
  }
}

function examplesOf(spec: DatasetSpec, rows: { readonly [name: string]: string }): readonly Example[] {
  return selectExamples(readExamples(spec, rows[spec.source.name]!).examples, spec)
}

/** Held-out measures only tell something on rows that the measured policy never trained on. */
import { canonicalJson } from '../../base/canonicalJson.ts'
import type { Diagnostic, Locus } from '../../base/diagnostic.ts'
import { partsOf } from '../../ir/dataset.ts'
import type { DatasetSpec } from '../../ir/dataset.ts'
import type { PipelineConfig } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'

/** Rows that a stage trained on, by what they share with others: the trainer nearest to whoever asks, and how near it is. */
type Trained = ReadonlyMap<
  string,
  { readonly spec: DatasetSpec; readonly stage: PipelineConfig; readonly steps: number }
>

const NOTHING: Trained = new Map()
const keys = new WeakMap<DatasetSpec, string>()
const slices = new WeakMap<DatasetSpec, string>()

export function overlapProblems(stages: readonly PipelineConfig[]): Diagnostic[] {
  return measuresWhatIsTrained(stages) ? walked(stages) : []
}

/** Whether any measured rows could be among any trained ones: mostly none are, whatever lies before what. */
function measuresWhatIsTrained(stages: readonly PipelineConfig[]): boolean {
  const measured = new Set<DatasetSpec>()
  const trained = new Set<DatasetSpec>()
  for (const stage of stages) {
    ;(stage.mode === 'evaluate' ? measured : trained).add(stage.dataset)
    if (stage.mode === 'sft' && stage.heldout) measured.add(stage.heldout)
  }
  // Specs of one slice share the same rows with others, so one of them stands for all.
  const bySource = new Map<string, Map<string, DatasetSpec>>()
  for (const spec of [...trained].flatMap(partsOf)) {
    const alike = bySource.get(sourceOf(spec))
    if (alike) alike.set(sliceOf(spec), spec)
    else bySource.set(sourceOf(spec), new Map([[sliceOf(spec), spec]]))
  }
  const looked = new Set<string>()
  for (const spec of [...measured].flatMap(partsOf)) {
    const slice = sliceOf(spec)
    if (looked.has(slice)) continue
    looked.add(slice)
    for (const other of bySource.get(sourceOf(spec))?.values() ?? []) if (overlaps(spec, other)) return true
  }
  return false
}

/**
 * One walk in the order of the stages: each hands on which slices of data lie behind it, so the cost grows with the number
 * of different slices, not with the length of the chains.
 */
function walked(stages: readonly PipelineConfig[]): Diagnostic[] {
  const behind = new Map<string, Trained>()
  const found: Diagnostic[] = []
  for (const stage of stages) {
    const before = merged(stage.dependsOn.map((parent) => behind.get(parent) ?? NOTHING))
    if (stage.mode === 'evaluate') {
      behind.set(stage.id, before)
      const guilty = nearestOverlap(partsOf(stage.dataset), before)
      if (guilty) found.push(measuredOnTraining(stage, 'dataset', guilty))
      continue
    }
    behind.set(stage.id, withOwn(stage, before))
    if (stage.mode !== 'sft' || !stage.heldout) continue
    const guilty = overlapsAny(stage.heldout, stage.dataset) ? stage : nearestOverlap(partsOf(stage.heldout), before)
    if (guilty) found.push(measuredOnTraining(stage, 'heldout', guilty))
  }
  return found
}

function withOwn(stage: PipelineConfig, before: Trained): Trained {
  const own = new Map([...before].map(([key, t]) => [key, { ...t, steps: t.steps + 1 }] as const))
  for (const spec of partsOf(stage.dataset)) own.set(sliceOf(spec), { spec, stage, steps: 1 })
  return own
}

function merged(all: readonly Trained[]): Trained {
  if (all.length < 2) return all[0] ?? NOTHING
  const nearest = new Map<string, Trained extends ReadonlyMap<string, infer T> ? T : never>()
  for (const trained of all) {
    for (const [key, t] of trained) if (t.steps < (nearest.get(key)?.steps ?? Infinity)) nearest.set(key, t)
  }
  return nearest
}

function nearestOverlap(measured: readonly DatasetSpec[], before: Trained): PipelineConfig | null {
  let nearest: { readonly stage: PipelineConfig; readonly steps: number } | null = null
  for (const t of before.values()) {
    if (nearest && t.steps >= nearest.steps) continue
    if (measured.some((spec) => overlaps(spec, t.spec))) nearest = t
  }
  return nearest?.stage ?? null
}

function measuredOnTraining(stage: PipelineConfig, port: string, trained: PipelineConfig): Diagnostic {
  const who = stage === trained ? 'it' : `“${trained.title}”`
  const message = `“${stage.title}” measures on rows that ${who} trains on, so its numbers flatter. Wire held-out rows or another set.`
  const related: Locus[] = [{ on: 'node', node: trained.node }]
  return compilerDiagnostic('CM3409', { on: 'port', node: stage.node, port }, message, { related })
}

/** By identity: most trainers of a drawing have the same two. */
const overlapping = new WeakMap<DatasetSpec, WeakMap<DatasetSpec, boolean>>()

function overlapsAny(measured: DatasetSpec, trained: DatasetSpec): boolean {
  let others = overlapping.get(measured)
  if (!others) overlapping.set(measured, (others = new WeakMap()))
  let any = others.get(trained)
  if (any === undefined) {
    any = partsOf(measured).some((spec) => partsOf(trained).some((other) => overlaps(spec, other)))
    others.set(trained, any)
  }
  return any
}

/** Whether two specs can share a row: the same rows, unless one is exactly what the other holds out. */
function overlaps(a: DatasetSpec, b: DatasetSpec): boolean {
  if (sourceOf(a) !== sourceOf(b)) return false
  const sameSplit = a.splitSeed === b.splitSeed && a.heldoutRows === b.heldoutRows
  const complementary = (a.part === 'heldout' && b.part === 'train') || (a.part === 'train' && b.part === 'heldout')
  return !(sameSplit && complementary)
}

function sliceOf(spec: DatasetSpec): string {
  let slice = slices.get(spec)
  if (slice === undefined)
    slices.set(spec, (slice = `${spec.part} ${spec.heldoutRows} ${spec.splitSeed} ${sourceOf(spec)}`))
  return slice
}

function sourceOf(spec: DatasetSpec): string {
  let key = keys.get(spec)
  if (key === undefined) keys.set(spec, (key = canonicalJson(spec.source)))
  return key
}

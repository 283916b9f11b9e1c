/** Document + registry + facts → plan and diagnostics. Pure: the same three give the same bytes, wherever cards stand. */
import { canonicalJson } from '../base/canonicalJson.ts'
import { hasErrors } from '../base/diagnostic.ts'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { GraphDoc } from '../graph/model.ts'
import { lensOf } from '../kinds/lens.ts'
import type { Registry } from '../kinds/registry.ts'
import type { Facts } from '../ir/dataset.ts'
import type { ProbeRequest } from '../ir/rewardProbe.ts'
import type { Plan, StageEstimate } from '../ir/pipelineConfig.ts'
import { compilerDiagnostic } from './codes.ts'
import { atCards } from './flatten/atCards.ts'
import { flatten } from './flatten/flatten.ts'
import type { CompilerMemo, Silence } from './memo.ts'
import { freshMemo } from './memo.ts'
import { check } from './passes/check.ts'
import { estimate } from './passes/estimate.ts'
import { lower } from './passes/lower.ts'
import { planOf } from './passes/plan.ts'
import { resolve } from './passes/resolve.ts'
import type { Resolutions } from './passes/resolve.ts'
import { bystanders, stage } from './passes/stage.ts'
import { verify } from './passes/verify.ts'
import { advise } from './rules/advise.ts'
import { probeProblems, probeRequests } from './rules/probes.ts'

export type CompileResult = {
  /** null when something keeps it from running: an error, facts that are still being read, or an empty drawing. */
  readonly plan: Plan | null
  readonly diagnostics: readonly Diagnostic[]
  /** True while the outcome waits for facts (rows, the list of models); then `plan` is null without an error of the person's. */
  readonly pending: boolean
  /** Numbers of every stage that could be made, also while others have errors. */
  readonly estimates: { readonly [stage: string]: StageEstimate }
  /** Rewards worth a look before the run; what was found goes into `Facts.probes`. */
  readonly probes: readonly ProbeRequest[]
}

/** @param memo what an earlier compile remembered; with it the result is the same, only sooner */
export function compile(
  doc: GraphDoc,
  registry: Registry,
  facts: Facts,
  memo: CompilerMemo = freshMemo(),
): CompileResult {
  const flat = flatten(doc, registry, memo.flat)
  const resolutions = resolve(flat.doc, registry, memo.resolve)
  const checked = check(flat.doc, lensOf(registry), resolutions, memo.check)
  const lowered = lower(flat, facts, resolutions, checked, memo.lower)
  const staged = stage(lowered, memo.stage)
  const verified = verify(staged.records, staged.decisions, memo.verify)
  const estimated = estimate(verified, lowered, facts)
  const advice = advise(verified, lowered)
  const probes = probeRequests(verified.stages)
  const { silence } = memo
  const idle = silence.idle && lowered.sameParts ? NOTHING : bystanders(resolutions, checked, lowered)
  silence.idle = idle.length === 0
  const found = [
    ...flat.diagnostics,
    ...said(resolutions, silence),
    ...checked.diagnostics,
    ...lowered.diagnostics,
    ...staged.diagnostics,
    ...verified.diagnostics,
    ...estimated.diagnostics,
    ...advice,
    ...probeProblems(verified.stages, facts),
    ...idle,
  ]
  const diagnostics = flat.doc === doc ? found : atCards(found, flat, doc)
  const pending = diagnostics.some((d) => d.data?.['pending'] === true)
  const { estimates } = estimated
  if (pending || hasErrors(diagnostics)) return { plan: null, diagnostics, pending, estimates, probes }
  if (verified.stages.length === 0) {
    const nothing = 'There is nothing to run yet: wire a model and a dataset into a trainer.'
    const at = { on: 'document' } as const
    return {
      plan: null,
      diagnostics: [...diagnostics, compilerDiagnostic('CM3201', at, nothing)],
      pending,
      estimates,
      probes,
    }
  }
  return {
    plan: planOf(doc.title, flat, verified, lowered, estimates, memo.hashes),
    diagnostics,
    pending,
    estimates,
    probes,
  }
}

const NOTHING: readonly Diagnostic[] = []

function said({ all, moved }: Resolutions, silence: Silence): readonly Diagnostic[] {
  if (silence.resolved && moved?.every(({ now }) => now.diagnostics.length === 0)) return NOTHING
  const found: Diagnostic[] = []
  for (const { diagnostics } of all) if (diagnostics.length > 0) found.push(...diagnostics)
  silence.resolved = found.length === 0
  return found
}

/** Compiles one drawing over and over: after an edit only the touched nodes and those behind them are lowered again. */
export type Compiler = {
  compile(doc: GraphDoc, facts: Facts): CompileResult
  /** How many nodes the newest compile lowered. */
  readonly lowered: number
}

export function createCompiler(registry: Registry): Compiler {
  const memo = freshMemo()
  return {
    compile(doc, facts) {
      memo.lower.lowered = 0
      return compile(doc, registry, facts, memo)
    },
    get lowered() {
      return memo.lower.lowered
    },
  }
}

/** Bytes of a result, to see that two compiles agree. */
export function resultBytes(result: CompileResult): string {
  return canonicalJson(result)
}

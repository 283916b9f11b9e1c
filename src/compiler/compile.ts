/** Document + registry + facts → plan and diagnostics. Pure: the same three give the same bytes, wherever cards stand. */
import { hasErrors } from '../base/diagnostic.ts'
import type { Diagnostic } from '../base/diagnostic.ts'
import type { GraphDoc } from '../graph/model.ts'
import { lensOf } from '../kinds/lens.ts'
import type { Registry } from '../kinds/registry.ts'
import type { Facts } from '../ir/dataset.ts'
import { planHash, stageHashes } from '../ir/hash.ts'
import { IR_VERSION } from '../ir/pipelineConfig.ts'
import type { PipelineConfig, Plan, StageEstimate } from '../ir/pipelineConfig.ts'
import { compilerDiagnostic } from './codes.ts'
import { check } from './passes/check.ts'
import { estimate } from './passes/estimate.ts'
import { lower } from './passes/lower.ts'
import { resolve } from './passes/resolve.ts'
import { bystanders, stage } from './passes/stage.ts'
import { verify } from './passes/verify.ts'

export type CompileResult = {
  /** null when something keeps it from running: an error, facts that are still being read, or an empty drawing. */
  readonly plan: Plan | null
  readonly diagnostics: readonly Diagnostic[]
  /** True while the outcome waits for facts (rows, the list of models); then `plan` is null without an error of the person's. */
  readonly pending: boolean
  /** Numbers of every stage that could be made, also while others have errors. */
  readonly estimates: { readonly [stage: string]: StageEstimate }
}

export function compile(doc: GraphDoc, registry: Registry, facts: Facts): CompileResult {
  const resolutions = resolve(doc, registry)
  const checked = check(doc, lensOf(registry), resolutions)
  const lowered = lower(doc, facts, resolutions, checked)
  const staged = stage(lowered.nodes)
  const verified = verify(staged.stages)
  const estimated = estimate(verified.stages, lowered, facts)
  const diagnostics = [
    ...[...resolutions.values()].flatMap((resolution) => resolution.diagnostics),
    ...checked.diagnostics,
    ...lowered.diagnostics,
    ...staged.diagnostics,
    ...verified.diagnostics,
    ...estimated.diagnostics,
    ...bystanders(doc, resolutions, lowered.nodes),
  ]
  const pending = diagnostics.some((d) => d.data?.['pending'] === true)
  const { estimates } = estimated
  if (pending || hasErrors(diagnostics)) return { plan: null, diagnostics, pending, estimates }
  if (verified.stages.length === 0) {
    const nothing = 'There is nothing to run yet: wire a model and a dataset into a trainer.'
    const at = { on: 'document' } as const
    return { plan: null, diagnostics: [...diagnostics, compilerDiagnostic('CM3201', at, nothing)], pending, estimates }
  }
  const hashes = stageHashes(verified.stages, (spec) => lowered.factsByNode.get(spec.node)?.fingerprint ?? null)
  return { plan: planOf(doc.title, verified.stages, hashes, estimates), diagnostics, pending, estimates }
}

function planOf(
  title: string,
  stages: readonly PipelineConfig[],
  hashes: Plan['hashes'],
  estimates: Plan['estimates'],
): Plan {
  return { irVersion: IR_VERSION, title, stages, hashes, estimates, hash: planHash(hashes) }
}

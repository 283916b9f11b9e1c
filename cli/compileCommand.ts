/** `tunegraph compile FILE`: the plan of a document and what is wrong with it, without running anything. */
import { hasErrors } from '#src/base/diagnostic.ts'
import { pacesOf } from '#src/ir/paces.ts'
import { planCost } from '#src/ir/planCost.ts'
import type { StageEstimate } from '#src/ir/pipelineConfig.ts'
import { SHARED_HELP, readCommand } from './arguments.ts'
import { EXIT, EXIT_OF } from './exitCodes.ts'
import { prepare } from './prepare.ts'
import type { Prepared } from './prepare.ts'
import { problemLines, several } from './printDiagnostics.ts'
import { earlierRuns } from './runLog.ts'

const HELP = `Usage: tunegraph compile FILE [options]
Shows the stages that a graph compiles to and every problem found. Exit code 0, or 3 when the document has errors.

${SHARED_HELP}
`

export async function run(args: string[]): Promise<number> {
  const options = readCommand(args, HELP)
  if (typeof options === 'number') return options
  let prepared: Prepared
  try {
    prepared = await prepare(options)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.failed
  }
  if (prepared.ok) await prepared.backend.close()
  const { diagnostics } = prepared
  const plan = prepared.ok ? prepared.compiled.plan : null
  const ok = plan !== null && !hasErrors(diagnostics)
  if (options.json) {
    const problem = prepared.ok ? {} : { problem: prepared.problem }
    const estimates = prepared.ok ? prepared.compiled.estimates : {}
    const { dataDir } = options
    const runs = prepared.ok && dataDir !== null ? await earlierRuns(dataDir, prepared.backend.ref) : []
    const cost = prepared.ok && plan ? planCost(plan, prepared.prices, pacesOf(runs)) : null
    const hashes = plan?.hashes ?? {}
    process.stdout.write(`${JSON.stringify({ ok, ...problem, plan, hashes, estimates, cost, diagnostics })}\n`)
  } else {
    for (const line of problemLines(prepared)) process.stderr.write(`${line}\n`)
    for (const stage of plan?.stages ?? []) {
      const estimate = plan!.estimates[stage.id]
      process.stdout.write(`${stage.mode.padEnd(9)} ${stage.title}${estimate ? `: ${sizeOf(estimate)}` : ''}\n`)
    }
  }
  if (!prepared.ok) return EXIT_OF[prepared.reason]
  return ok ? EXIT.ok : EXIT.document
}

function sizeOf({ rows, optimizerSteps, trainTokens, rollouts }: StageEstimate): string {
  const parts = [several(rows, 'row')]
  if (optimizerSteps > 0) parts.push(several(optimizerSteps, 'step'))
  if (rollouts > 0) parts.push(several(rollouts, 'rollout'))
  if (trainTokens !== null && trainTokens > 0) parts.push(`${several(trainTokens, 'token')} trained`)
  return parts.join(', ')
}

/** `tunegraph plan FILE`: what a run would do, before it does anything: stages, numbers, cost, what is taken over and why not. */
import { hasErrors } from '#src/base/diagnostic.ts'
import { foresee } from '#src/ir/foresee.ts'
import { planCost } from '#src/ir/planCost.ts'
import { pacesOf } from '#src/ir/paces.ts'
import { decideReuse, finishedStages, onlyPinned, unfinishedStages } from '#src/ir/reuse.ts'
import { selectStages } from '#src/ir/selection.ts'
import { RUN_HELP, SHARED_HELP, readCommand } from './arguments.ts'
import { EXIT, EXIT_OF } from './exitCodes.ts'
import { planLines } from './planLines.ts'
import { prepare } from './prepare.ts'
import type { Prepared } from './prepare.ts'
import { problemLines } from './printDiagnostics.ts'
import { earlierRuns } from './runLog.ts'

const HELP = `Usage: tunegraph plan FILE [options]
Shows what a run would do and cost, without running anything. With --data it also shows what need not run again, and what
forces the rest. Exit code 0, or 3 when the document has errors.

${SHARED_HELP}
${RUN_HELP}
`

export async function run(args: string[]): Promise<number> {
  const options = readCommand(args, HELP)
  if (typeof options === 'number') return options
  const { json, dataDir, fresh, selection } = options
  let prepared: Prepared
  try {
    prepared = await prepare(options)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.failed
  }
  const { diagnostics } = prepared
  for (const line of problemLines(prepared)) process.stderr.write(`${line}\n`)
  if (!prepared.ok) {
    if (json) process.stdout.write(`${JSON.stringify({ ok: false, plan: null, diagnostics })}\n`)
    return EXIT_OF[prepared.reason]
  }
  const { backend, compiled, doc, prices } = prepared
  await backend.close()
  const { plan } = compiled
  if (!plan || hasErrors(diagnostics)) {
    if (json) process.stdout.write(`${JSON.stringify({ ok: false, plan: null, diagnostics })}\n`)
    return EXIT.document
  }
  const selected = selectStages(plan, selection)
  if (!selected.ok) {
    process.stderr.write(`${selected.error}\n`)
    return EXIT.usage
  }
  const runs = dataDir === null ? [] : await earlierRuns(dataDir, backend.ref)
  const finished = runs.flatMap(finishedStages)
  const earlier = fresh ? onlyPinned(selected.value.plan, finished) : finished
  const reuse = decideReuse(
    selected.value.plan,
    earlier,
    doc.id,
    selected.value.asked,
    fresh ? [] : unfinishedStages(runs),
  )
  // What is taken over costs nothing again, and neither does what lies behind a gate that is known to be closed.
  const taken = new Map(reuse.flatMap(({ stage, reuse: from }) => (from ? [[stage, from] as const] : [])))
  const foreseen = foresee(selected.value.plan, ({ id }) => taken.get(id)?.evaluations)
  const running = selected.value.plan.stages.filter(({ id }) => !taken.has(id) && !foreseen.skipped.has(id))
  const cost = planCost({ ...selected.value.plan, stages: running }, prices, pacesOf(runs), ({ id }) =>
    foreseen.open.has(id),
  )
  if (json) {
    const decided = reuse.map(({ stage, reuse: from, reasons }) => {
      const skipped = foreseen.skipped.get(stage)
      return { stage, from: from?.run ?? null, reasons, ...(skipped === undefined ? {} : { skipped }) }
    })
    process.stdout.write(
      `${JSON.stringify({ ok: true, plan: selected.value.plan, reuse: decided, cost, diagnostics })}\n`,
    )
  } else
    for (const line of planLines({ plan: selected.value.plan, reuse, cost, foreseen }))
      process.stdout.write(`${line}\n`)
  return EXIT.ok
}

/** `tunegraph run FILE`: carries out a document's plan in this process. Ctrl-C stops it cleanly, twice kills it. */
import { hasErrors } from '#src/base/diagnostic.ts'
import { budgetProblems } from '#src/compiler/rules/prices.ts'
import { lineageOf } from '#src/ir/lineage.ts'
import type { RunEvent, RunEventBody } from '#src/ir/runEvent.ts'
import { onlyPinned } from '#src/ir/reuse.ts'
import { reduceRun } from '#src/ir/runState.ts'
import type { RunState } from '#src/ir/runState.ts'
import { selectStages } from '#src/ir/selection.ts'
import type { Selected } from '#src/ir/selection.ts'
import { createPauseWatch } from '#src/training/pauseWatch.ts'
import type { RunContext } from '#src/training/runContext.ts'
import { runPlan } from '#src/training/runPlan.ts'
import { RUN_HELP, SHARED_HELP, readCommand } from './arguments.ts'
import type { CommandArguments } from './arguments.ts'
import { EXIT, EXIT_OF } from './exitCodes.ts'
import { prepare } from './prepare.ts'
import type { Prepared } from './prepare.ts'
import { diagnosticLines } from './printDiagnostics.ts'
import { createProgress } from './progress.ts'
import { openRunLog, stagesOf } from './runLog.ts'
import { summarise } from './summary.ts'
import { takeRun } from './takeRun.ts'
import type { TakenRun } from './takeRun.ts'

const HELP = `Usage: tunegraph run FILE [options]
Carries out a graph and shows how it goes. Exit code 0 when every stage finished, 1 when one failed, 3 when the document has
errors, 130 when stopped by Ctrl-C.

${SHARED_HELP}
${RUN_HELP}
`

export async function run(args: string[]): Promise<number> {
  const options = readCommand(args, HELP)
  if (typeof options === 'number') return options
  const { json } = options
  const refuse = (
    code: number,
    problem: string,
    diagnostics: Prepared['diagnostics'],
    line: string = problem,
  ): number => {
    process.stderr.write(`${line}\n`)
    const body = { ok: false, seconds: 0, stages: [], evaluations: [], problem: { message: problem }, diagnostics }
    if (json) process.stdout.write(`${JSON.stringify(body)}\n`)
    return code
  }

  let prepared: Prepared
  try {
    prepared = await prepare(options)
  } catch (error) {
    return refuse(EXIT.failed, error instanceof Error ? error.message : String(error), [])
  }
  if (!prepared.ok) return refuse(EXIT_OF[prepared.reason], prepared.problem, prepared.diagnostics)
  const { doc, diagnostics, backend, compiled } = prepared
  for (const line of diagnosticLines(diagnostics, doc)) process.stderr.write(`${line}\n`)
  if (!compiled.plan || hasErrors(diagnostics)) {
    await backend.close()
    return refuse(EXIT.document, `${options.file} cannot be run as it is.`, diagnostics)
  }
  const selected = selectStages(compiled.plan, options.selection)
  if (!selected.ok) {
    await backend.close()
    return refuse(EXIT.usage, selected.error, diagnostics)
  }
  const taken = await takeRun(options, backend.ref, doc.id, selected.value.plan)
  if (!taken.ok) {
    await backend.close()
    const problem = taken.error
    if (typeof problem === 'string') return refuse(EXIT.usage, problem, diagnostics)
    return refuse(EXIT.failed, problem.message, [...diagnostics, problem], diagnosticLines([problem], doc)[0])
  }
  const startedAt = Date.now()
  const state = await carryOut(prepared, selected.value, options, taken.value).finally(taken.value.release)
  if (json) process.stdout.write(`${JSON.stringify(summarise(state, (state.endedAt! - startedAt) / 1000))}\n`)
  if (state.phase === 'finished') return EXIT.ok
  const { file, dataDir } = options
  if (state.phase === 'stopped') {
    const next =
      dataDir === null
        ? 'With --data DIR it could go on.'
        : `To go on: tunegraph run ${file} --data ${dataDir} --resume`
    process.stderr.write(`${next}\n`)
  }
  return state.phase === 'stopped' ? EXIT.stopped : EXIT.failed
}

async function carryOut(
  { doc, backend, datasets, prices }: Extract<Prepared, { ok: true }>,
  { plan, asked }: Selected,
  { dataDir, fresh, budget }: CommandArguments,
  { id, runs, resume }: TakenRun,
): Promise<RunState> {
  const left = stagesOf(runs.filter(({ run: other }) => other !== id))
  const earlier = fresh ? { stages: onlyPinned(plan, left.stages) } : left
  // What earlier runs left may stand for some of it.
  if (earlier.stages.length === 0 && !resume)
    for (const line of diagnosticLines(budgetProblems(plan, prices, budget), doc)) process.stderr.write(`${line}\n`)
  const log = dataDir === null ? null : await openRunLog(dataDir, id)
  const stopping = new AbortController()
  const progress = createProgress(plan, process.stderr, () => performance.now())
  let state = resume
  let seq = log?.length ?? 0
  const emit = (body: RunEventBody): Promise<void> => {
    const event = { ...body, run: id, seq: seq++, at: Date.now() } as RunEvent
    state = reduceRun(state, event)
    log?.append(event)
    progress.event(body)
    return Promise.resolve()
  }
  const onInterrupt = (): void => {
    if (stopping.signal.aborted) process.exit(EXIT.stopped)
    process.stderr.write('\nStopping; press Ctrl-C again to quit at once.\n')
    stopping.abort()
  }
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onInterrupt)
  const pauses = createPauseWatch(
    (diagnostic) => void emit({ type: 'log', stage: null, level: 'warning', message: diagnostic.message, diagnostic }),
  )
  const service = backend.client({
    userMetadata: lineageOf(plan, id),
    signal: stopping.signal,
    onQueueState: ({ state: queue, reason }) => {
      pauses.queue(queue, reason)
      const known =
        queue === 'paused_capacity' || queue === 'paused_rate_limit' || queue === 'active' ? queue : 'waiting'
      void emit({ type: 'queueState', stage: null, state: known, reason })
    },
  })
  try {
    if (resume) await emit({ type: 'runResumed' })
    else await emit({ type: 'runStarted', title: doc.title, plan, backend: backend.ref, docId: doc.id, docVersion: 0 })
    const context: RunContext = {
      run: id,
      service,
      examples: (spec) => datasets.examples(spec),
      tokenizerFiles: (model) => backend.tokenizerFiles(model),
      emit,
      metrics: (batch) => {
        pauses.moved()
        progress.metrics(batch)
      },
      rollouts: () => undefined,
      signal: stopping.signal,
      boundary: () => Promise.resolve(),
      now: () => Date.now(),
      ...(dataDir === null ? {} : { earlier: () => Promise.resolve({ ...earlier, docId: doc.id, asked }) }),
    }
    await runPlan(plan, context, resume ?? undefined, { budget, prices })
    return state!
  } finally {
    pauses.moved()
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onInterrupt)
    await service.close()
    await backend.close()
  }
}

/** Takes the steps of a run so that the loss of its model, its session or this process costs only time. */
import { failureOf, TinkerError } from '../failure.ts'
import { withModel, withSave, withStep } from './journal.ts'
import { DEFAULT_POLICY } from './policy.ts'
import { isLostModel, recover } from './recover.ts'
import type { ServiceClient } from '../serviceClient.ts'
import type { TrainingClient } from '../trainingClient.ts'
import type { RunJournal } from './journal.ts'
import type { Recovered, RecoveryOptions } from './recover.ts'

export type StepRun = RecoveryOptions & {
  readonly service: ServiceClient
  /** A new one, or one that was stored: the run then goes on from its chosen save. */
  readonly journal: RunJournal
  /** Optimizer steps in all. */
  readonly steps: number
  /** Training state is saved after every so many steps and after the last. */
  readonly saveEvery: number
  /**
   * Takes one step, counted from 0, and resolves when the server has confirmed it. What it does may depend on the step's
   * number only: a step that is taken again must be the same step. What it returns is kept with the save after it.
   */
  readonly step: (training: TrainingClient, step: number) => Promise<Readonly<Record<string, number>> | void>
  /** Stores the journal. Awaited before the run goes on, at every step and save. */
  readonly store: (journal: RunJournal) => Promise<void> | void
}

/** Rejects with the TinkerError that ended the run, or with what `step` or `store` threw. */
export async function runSteps(run: StepRun): Promise<Recovered> {
  const policy = { ...DEFAULT_POLICY, ...run.policy }
  let now = await begin(run)
  await run.store(now.journal)
  while (now.journal.step < run.steps) {
    if (run.signal?.aborted) throw cancelled()
    try {
      now = await advance(run, now)
    } catch (error) {
      const failure = failureOf(error)
      if (failure === undefined || !policy.enabled || !isLostModel(failure)) throw error
      run.onEvent?.({ type: 'detected', cause: failure })
      now = await recover(run.service, now.journal, run)
      await run.store(now.journal)
    }
  }
  return now
}

async function begin({ service, journal, ...options }: StepRun): Promise<Recovered> {
  if (journal.saves.length > 0) return recover(service, journal, options)
  const { signal } = options
  const recipe = signal === undefined ? journal.recipe : { ...journal.recipe, signal }
  const training = await service.createLoraTrainingClient(recipe)
  return { training, journal: { ...withModel(journal, training.modelId), step: 0 } }
}

async function advance(run: StepRun, { training, journal }: Recovered): Promise<Recovered> {
  const metrics = await run.step(training, journal.step)
  const step = journal.step + 1
  const taken = withStep(journal, step, training.lastSeqId)
  const due = step % run.saveEvery === 0 || step === run.steps
  if (!due) {
    await run.store(taken)
    return { training, journal: taken }
  }
  // Named by step and rebuild: a name is used once, so nothing is overwritten.
  const name = `step-${String(step).padStart(6, '0')}${journal.recoveries === 0 ? '' : `-r${journal.recoveries}`}`
  const { path } = await training.saveState(name).result(run.signal === undefined ? {} : { signal: run.signal })
  const saved = withSave(withStep(taken, step, training.lastSeqId), { step, path, ...(metrics && { metrics }) })
  await run.store(saved)
  return { training, journal: saved }
}

function cancelled(): TinkerError {
  return new TinkerError({ kind: 'aborted', by: 'caller', message: 'the run was cancelled' })
}

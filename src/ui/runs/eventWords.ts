/** Run events as sentences for the log: one per event, and every number in it is the event's own. */
import type { RunSpent } from '#src/ir/spent.ts'
import type { PipelineConfig, Plan } from '#src/ir/pipelineConfig.ts'
import type { RunEvent } from '#src/ir/runEvent.ts'

export function sentenceOf(event: RunEvent, plan: Plan): string {
  const of = (id: string | null): PipelineConfig | undefined => plan.stages.find((s) => s.id === id)
  const title = (id: string | null): string => of(id)?.title ?? 'Run'
  /** An evaluation counts policies where trainers count steps. */
  const counted = (id: string, n: number): string => count(n, of(id)?.mode === 'evaluate' ? 'policy' : 'step')
  switch (event.type) {
    case 'runStarted':
      return `Run started: ${count(plan.stages.length, 'stage')} on ${event.backend.type === 'embedded' ? 'the embedded backend' : event.backend.url}, plan ${plan.hash.slice(0, 12)}`
    case 'runResumed':
      return 'Run goes on from its last saved state'
    case 'runPaused':
      return 'Paused at a step boundary'
    case 'runContinued':
      return 'Continued'
    case 'runFinished':
      return 'Run finished'
    case 'runFailed':
      return `Run failed: ${event.diagnostic.message} (${event.diagnostic.code})`
    case 'runStopped':
      return event.diagnostic ? `Run stopped: ${event.diagnostic.message}` : 'Run stopped'
    case 'reusePlanned': {
      const reused = event.stages.filter((stage) => stage.from !== null).length
      return `${count(reused, 'stage')} of ${event.stages.length} need not run again`
    }
    case 'stageReused':
      return `${title(event.stage)}: ran before, its results are used again (${counted(event.stage, event.steps)})`
    case 'stageSkipped':
      return `${title(event.stage)}: skipped. ${event.reason}`
    case 'decided': {
      const decision = plan.decisions.find((d) => d.id === event.decision)
      const score = event.value === null ? '' : ` at ${event.value.toFixed(3)}`
      return `${decision?.title ?? event.decision}: ${event.outcome ?? 'nothing to decide on'}${score}`
    }
    case 'stageStarted':
      return `${title(event.stage)}: started, ${counted(event.stage, event.totalSteps)} over ${count(event.rows, 'row')}`
    case 'stageResumed':
      return `${title(event.stage)}: goes on after ${counted(event.stage, event.step)}`
    case 'stageFinished': {
      const stage = of(event.stage)
      const change =
        stage && event.first !== null && event.last !== null
          ? `; ${measureOf(stage)} ${event.first.toFixed(4)} → ${event.last.toFixed(4)}`
          : ''
      return `${title(event.stage)}: finished after ${counted(event.stage, event.steps)}${change}`
    }
    case 'stageFailed':
      return `${title(event.stage)}: failed after ${counted(event.stage, event.steps)}: ${event.diagnostic.message} (${event.diagnostic.code})`
    case 'stageStopped':
      return `${title(event.stage)}: stopped after ${counted(event.stage, event.steps)}`
    case 'checkpointSaved': {
      const { stage, rolling, name, step, statePath } = event.checkpoint
      const what = rolling ? 'saved to resume from' : `saved “${name}”`
      return `${title(stage)}: ${what} after ${count(step, 'step')} (${statePath})`
    }
    case 'checkpointDeleted':
      return `Deleted an earlier save (${event.statePath})`
    case 'evaluated':
      return `${title(event.stage)}: ${event.result.label} scores ${event.result.score.toFixed(3)} (95 % ${event.result.low.toFixed(3)} to ${event.result.high.toFixed(3)}, n = ${event.result.n})`
    case 'spent':
      return `Used so far: ${spentWords(event.spent)}`
    case 'queueState':
      return `${title(event.stage)}: the backend says ${event.state.replaceAll('_', ' ')}${event.reason ? `: ${event.reason}` : ''}`
    case 'log':
      return `${title(event.stage)}: ${event.message}`
  }
}

function spentWords({ models }: RunSpent): string {
  const amounts = Object.entries(models).map(([model, { trained, prefilled, cached, sampled }]) => {
    const tokens = Math.round(trained + prefilled + cached + sampled)
    return `${tokens.toLocaleString('en')} ${tokens === 1 ? 'token' : 'tokens'} of ${model}`
  })
  return amounts.length === 0 ? 'no tokens' : amounts.join(', ')
}

export function toneOf(event: RunEvent): string {
  if (event.type === 'runFailed' || event.type === 'stageFailed') return 'text-bad'
  if (event.type === 'log')
    return event.level === 'error' ? 'text-bad' : event.level === 'warning' ? 'text-warn' : 'text-muted'
  if (event.type === 'checkpointDeleted' || event.type === 'spent') return 'text-faint'
  if (event.type === 'checkpointSaved') return event.checkpoint.rolling ? 'text-faint' : 'text-muted'
  return event.type.startsWith('run') || event.type === 'evaluated' ? 'text-text' : 'text-muted'
}

/** What `first` and `last` of a finished stage are values of. */
export function measureOf(stage: PipelineConfig): string {
  if (stage.mode === 'sft') return stage.heldout === null ? 'loss' : 'held-out loss'
  return 'reward'
}

function count(n: number, unit: 'stage' | 'step' | 'row' | 'policy'): string {
  const many = unit === 'policy' ? 'policies' : `${unit}s`
  return `${n.toLocaleString('en')} ${n === 1 ? unit : many}`
}

/** Run events as sentences for the log. */
import type { Plan } from '#src/ir/pipelineConfig.ts'
import type { RunEvent } from '#src/ir/runEvent.ts'

export function sentenceOf(event: RunEvent, plan: Plan): string {
  const title = (stage: string | null): string => plan.stages.find((s) => s.id === stage)?.title ?? 'run'
  switch (event.type) {
    case 'runStarted':
      return `Run started: ${plan.stages.length} stages on ${event.backend.type === 'embedded' ? 'the embedded backend' : event.backend.url}, plan ${plan.hash.slice(0, 12)}`
    case 'runResumed':
      return 'Run goes on from its last saved state'
    case 'runPaused':
      return 'Paused at a step boundary'
    case 'runContinued':
      return 'Continued'
    case 'runFinished':
      return 'Run finished'
    case 'runFailed':
      return `Run failed: ${event.diagnostic.message}`
    case 'runStopped':
      return 'Run stopped'
    case 'stageStarted':
      return `${title(event.stage)}: started, ${event.totalSteps} steps over ${event.rows} rows`
    case 'stageResumed':
      return `${title(event.stage)}: goes on at step ${event.step}`
    case 'stageFinished':
      return `${title(event.stage)}: finished after ${event.steps} steps${event.first !== null && event.last !== null ? `, ${event.first.toFixed(4)} → ${event.last.toFixed(4)}` : ''}`
    case 'stageFailed':
      return `${title(event.stage)}: failed after ${event.steps} steps. ${event.diagnostic.message} (${event.diagnostic.code})`
    case 'stageStopped':
      return `${title(event.stage)}: stopped after ${event.steps} steps`
    case 'checkpointSaved':
      return `${title(event.checkpoint.stage)}: saved “${event.checkpoint.name}” at step ${event.checkpoint.step} (${event.checkpoint.statePath})`
    case 'checkpointDeleted':
      return `Deleted ${event.statePath}`
    case 'evaluated':
      return `${title(event.stage)}: ${event.result.label} scores ${event.result.score.toFixed(3)} (95 % ${event.result.low.toFixed(3)}–${event.result.high.toFixed(3)}, n = ${event.result.n})`
    case 'queueState':
      return `${title(event.stage)}: the backend says ${event.state.replaceAll('_', ' ')}${event.reason ? `: ${event.reason}` : ''}`
    case 'log':
      return `${title(event.stage)}: ${event.message}`
  }
}

export function toneOf(event: RunEvent): string {
  if (event.type === 'runFailed' || event.type === 'stageFailed') return 'text-bad'
  if (event.type === 'log')
    return event.level === 'error' ? 'text-bad' : event.level === 'warning' ? 'text-warn' : 'text-muted'
  return event.type.startsWith('run') ? 'text-text' : 'text-muted'
}

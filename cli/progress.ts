/** Shows how a run goes: a bar that redraws itself on a terminal, plain lines elsewhere. */
import type { StageId } from '#src/base/ids.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import type { RerunReason } from '#src/ir/reuse.ts'
import type { MetricBatch, RunEventBody } from '#src/ir/runEvent.ts'
import { several } from './printDiagnostics.ts'

export type Output = { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown }

export type Progress = {
  event(event: RunEventBody): void
  metrics(batch: Omit<MetricBatch, 'run'>): void
}

const BAR = 24
/** Series that moves the bar, by mode. */
const MAIN_SERIES: Readonly<Record<string, { readonly series: string; readonly label: string }>> = {
  sft: { series: 'train/loss', label: 'loss' },
  rl: { series: 'reward/total', label: 'reward' },
  evaluate: { series: 'reward/total', label: 'score' },
}

type Running = { id: StageId; total: number; from: number; done: number; value: number | null; startedAt: number }

export function createProgress(plan: Plan, out: Output, now: () => number): Progress {
  const live = out.isTTY === true
  let running: Running | null = null
  let drawn = false
  let shownTenth = 0

  const stageOf = (id: string): Plan['stages'][number] | undefined => plan.stages.find((stage) => stage.id === id)
  const unit = (id: string, count: number): string =>
    stageOf(id)?.mode !== 'evaluate' ? several(count, 'step') : count === 1 ? '1 policy' : `${count} policies`
  const totalOf = (id: string): number => {
    const stage = stageOf(id)
    return stage?.mode === 'evaluate' ? stage.evaluation.policies.length : (plan.estimates[id]?.optimizerSteps ?? 0)
  }
  const title = (id: string): string => stageOf(id)?.title ?? id

  function say(line: string): void {
    out.write(drawn ? `\r\u001b[K${line}\n` : `${line}\n`)
    drawn = false
  }

  function draw(): void {
    if (!running) return
    const { id, total, done, value } = running
    const label = MAIN_SERIES[stageOf(id)?.mode ?? '']?.label ?? ''
    const shown = value === null ? '' : `  ${label} ${value.toFixed(4)}`
    const share = total === 0 ? 0 : done / total
    if (live) {
      const full = Math.round(share * BAR)
      const bar = `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`
      const line = `${title(id)}  ${bar}  ${done}/${total}${shown}${remaining(running)}`
      out.write(`\r\u001b[K${line.slice(0, (out.columns ?? 100) - 1)}`)
      drawn = true
    } else if (Math.floor(share * 10) > shownTenth) {
      shownTenth = Math.floor(share * 10)
      say(`${title(id)}: ${done}/${total}${shown}`)
    }
  }

  function decided(id: string, outcome: string | null, value: number | null): string {
    const decision = plan.decisions.find((d) => d.id === id)
    const of = decision?.title ?? id
    if (outcome === null) return `${of}: nothing to decide on`
    const score = value === null ? '' : ` (${value.toFixed(3)})`
    if (decision?.type === 'best-of') return `${of}: takes ${outcome}${score}`
    return `${of}: ${outcome === 'passed' ? 'passes' : 'does not pass'}${score}`
  }

  /** Only what a person can do something about: that a stage is new needs no explanation. */
  function sayReason(stage: StageId, { type, node, field, port, old, new: now }: RerunReason): void {
    if (type === 'new' || type === 'asked') return
    const place = field === null ? (port === null ? node : `${node} › ${port}`) : `${node} › ${field}`
    if (type === 'gone') say(`${title(stage)}: runs again, its save is gone (${old})`)
    else if (type === 'failed' || type === 'stopped')
      say(`${title(stage)}: runs again, it ${type} last time at step ${old}`)
    else if (type === 'loop') say(`${title(stage)}: runs again, the training loops have changed since`)
    else say(`${title(stage)}: runs again, ${place} was ${old}, is ${now}`)
  }

  function remaining({ done, from, total, startedAt }: Running): string {
    if (done <= from || done >= total) return ''
    const seconds = Math.round(((now() - startedAt) / 1000 / (done - from)) * (total - done))
    return `  ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`
  }

  return {
    metrics({ stage, series, steps, values }) {
      if (running?.id !== stage || MAIN_SERIES[stageOf(stage)?.mode ?? '']?.series !== series) return
      running.done = Math.min(running.total, steps.at(-1)! + 1)
      running.value = values.at(-1)!
      draw()
    },
    event(event) {
      switch (event.type) {
        case 'stageStarted':
          running = { id: event.stage, total: event.totalSteps, from: 0, done: 0, value: null, startedAt: now() }
          shownTenth = 0
          say(`${title(event.stage)}: ${several(event.rows, 'row')}, ${unit(event.stage, event.totalSteps)}`)
          return draw()
        case 'stageResumed': {
          const total = totalOf(event.stage)
          running = { id: event.stage, total, from: event.step, done: event.step, value: null, startedAt: now() }
          shownTenth = Math.floor((10 * event.step) / Math.max(1, total))
          say(`${title(event.stage)}: goes on after ${unit(event.stage, event.step)} of ${total}`)
          return draw()
        }
        case 'stageFinished': {
          running = null
          const { first, last } = event
          const change = first === null || last === null ? '' : `: ${first.toFixed(4)} → ${last.toFixed(4)}`
          return say(`${title(event.stage)}: done after ${unit(event.stage, event.steps)}${change}`)
        }
        case 'stageReused':
          return say(`${title(event.stage)}: ran before, its results are used again`)
        case 'stageSkipped':
          return say(`${title(event.stage)}: skipped. ${event.reason}`)
        case 'decided':
          return say(decided(event.decision, event.outcome, event.value))
        case 'reusePlanned': {
          for (const { stage, reasons } of event.stages) for (const reason of reasons) sayReason(stage, reason)
          return
        }
        case 'runStopped':
          if (event.diagnostic) say(event.diagnostic.message)
          return
        case 'stageFailed':
          running = null
          return say(
            `${title(event.stage)}: failed after ${unit(event.stage, event.steps)}. ${event.diagnostic.message}`,
          )
        case 'stageStopped':
          running = null
          return say(`${title(event.stage)}: stopped after ${unit(event.stage, event.steps)}`)
        case 'evaluated': {
          const { label, score, low, high, n } = event.result
          return say(
            `${title(event.stage)}: ${label} ${score.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)}, ${n} rows)`,
          )
        }
        case 'checkpointSaved':
          if (!event.checkpoint.rolling) say(`${title(event.checkpoint.stage)}: saved "${event.checkpoint.name}"`)
          return
        case 'queueState':
          if (event.state !== 'active') say(`Waiting for the server: ${event.reason ?? event.state}`)
          return
        case 'log':
          if (event.level !== 'info') say(`${event.level}: ${event.message}`)
      }
    },
  }
}

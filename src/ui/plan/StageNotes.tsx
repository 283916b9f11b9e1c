/** Under a stage of the plan: what it starts from, why it runs or does not, and what is different from the last time. */
import { ArrowRight } from 'lucide-react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import type { PlanRow } from '#src/store/planTable.ts'
import { reasonWords } from '#src/store/rerunWords.ts'
import type { ReasonWords } from '#src/store/rerunWords.ts'
import { stageStart } from '../inspector/planWords.ts'
import { shownValue } from '../live/LiveValue.tsx'
import { measureOf } from '../runs/eventWords.ts'
import { duration, moment } from '../runs/timeWords.ts'
import { useEditor } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'
import { count } from './amounts.ts'
import { useGoTo } from './useGoTo.ts'
import type { ShownPlan } from './usePlan.ts'

/** More reasons than this are no longer read. */
const SHOWN_REASONS = 6

export function StageNotes({ row, shown }: { readonly row: PlanRow; readonly shown: ShownPlan }): ReactElement {
  const editor = useEditor()
  const { stage, state, reasons } = row
  const told = reasons.filter((reason) => reason.type !== 'new')
  const words = told.map((reason) => reasonWords(editor, shown.plan, stage.id, reason))
  const variant = shown.plan.variants[stage.id]
  return (
    <div className="flex flex-col gap-1 text-xs text-muted">
      <p>
        {[startOf(row, shown), ...(variant ?? []).map((trial) => trialOf(trial, shown))].filter(Boolean).join(' · ')}
      </p>
      {words.length > 0 ? (
        <ul aria-label="Why it runs again" className="flex flex-wrap items-center gap-x-1.5 gap-y-1">
          {words.slice(0, SHOWN_REASONS).map((reason, i) => (
            <li key={i}>
              <Reason reason={reason} subject={stage.title} />
            </li>
          ))}
          {words.length > SHOWN_REASONS ? (
            <li className="text-muted">and {words.length - SHOWN_REASONS} more</li>
          ) : null}
        </ul>
      ) : null}
      <Before row={row} />
      {state === 'pin-lost' ? (
        <p className="text-bad">
          The result that it is pinned to is no longer there.{' '}
          <button
            type="button"
            className="font-medium text-accent-text hover:underline"
            onClick={() => editor.commands.run('node.unpin', { node: row.nodes[0]! })}
          >
            Unpin it
          </button>{' '}
          to run it again.
        </p>
      ) : null}
    </div>
  )
}

function startOf({ stage, state, note }: PlanRow, { plan }: ShownPlan): string {
  if (state === 'skipped') return `skipped: ${note ?? ''}`
  const what =
    stage.mode === 'evaluate'
      ? `evaluates ${stage.evaluation.policies.length === 1 ? 'one policy' : `${stage.evaluation.policies.length} policies`}`
      : (stageStart(stage, plan) ?? '')
  return note === null ? what : `${what}, ${note}`
}

/** The values of a trial are in its title; here is which of how many it is. */
function trialOf({ trial, sweep }: Plan['variants'][string][number], { trials }: ShownPlan): string {
  return `trial ${trial + 1} of ${trials.get(sweep) ?? '?'}`
}

/** A button to the field that forced the stage to run again. */
function Reason({ reason, subject }: { readonly reason: ReasonWords; readonly subject: string }): ReactElement {
  const goTo = useGoTo()
  const { what, old, new: now, title, node, field, behind } = reason
  const where = [
    ...(behind === null || behind === title ? [] : [behind]),
    ...(title === null || title === subject ? [] : [title]),
  ]
  const text = (
    <>
      {where.length > 0 ? <span className="text-muted">{where.join(' › ')} ›</span> : null}
      <span className="font-medium">{what}</span>
      {old === null && now === null ? null : (
        <span className="flex items-center gap-1 font-mono text-2xs">
          <span className="line-through opacity-75">{old ?? 'none'}</span>
          <ArrowRight size={11} aria-label="to" />
          <span>{now ?? 'none'}</span>
        </span>
      )}
    </>
  )
  const look = 'flex items-center gap-1.5 rounded-md bg-warn-soft px-2 py-0.5 text-left text-text'
  if (node === null) return <span className={look}>{text}</span>
  return (
    <button type="button" className={`${look} hover:brightness-95`} onClick={() => goTo(node, field)}>
      {text}
    </button>
  )
}

/** What an earlier run gave: taken over, or to compare with. */
function Before({ row }: { readonly row: PlanRow }): ReactElement | null {
  const { runs } = useStores()
  const { list } = useSnapshot(runs.state)
  const { now } = useEditor()
  const { before, state, stage, estimate } = row
  if (!before) return null
  const when = list.find((run) => run.id === before.run)?.startedAt ?? before.endedAt
  const results = [
    ...(before.steps > 0 && stage.mode !== 'evaluate' ? [`${count(before.steps)} steps`] : []),
    ...(before.seconds === null ? [] : [duration(before.seconds * 1000)]),
    ...(before.first === null || before.last === null
      ? []
      : [`${measureOf(stage)} ${shownValue(before.first)} → ${shownValue(before.last)}`]),
    ...scoreWords(before.evaluations),
  ]
  const told = results.length === 0 ? '' : `: ${results.join(', ')}`
  if (state === 'reused' || state === 'pinned') {
    return (
      <p className="text-good">
        {state === 'pinned' ? 'pinned to' : 'reused from'} the run of {moment(when, now())}
        <span className="text-muted">{told}</span>
      </p>
    )
  }
  if (state === 'skipped') return null
  const was = before.estimate
  const differs = estimate && was ? differences(was, estimate) : []
  return (
    <p>
      last time ({moment(when, now())}){told}
      {differs.length > 0 ? `; now ${differs.join(', ')}` : ''}
    </p>
  )
}

/** More scores than this are for the run panel to show. */
const SHOWN_SCORES = 4

function scoreWords(results: readonly { readonly label: string; readonly score: number }[]): readonly string[] {
  const shown = results.slice(0, SHOWN_SCORES).map(({ label, score }) => `${score.toFixed(3)} for ${label}`)
  return results.length > SHOWN_SCORES ? [...shown, `and ${results.length - SHOWN_SCORES} more`] : shown
}

type Estimate = NonNullable<PlanRow['estimate']>

function differences(was: Estimate, is: Estimate): readonly string[] {
  const named = [
    ['rows', was.rows, is.rows],
    ['steps', was.optimizerSteps, is.optimizerSteps],
    ['rollouts', was.rollouts, is.rollouts],
    ['saves', was.saves, is.saves],
  ] as const
  return named.filter(([, a, b]) => a !== b).map(([name, a, b]) => `${count(b)} ${name} instead of ${count(a)}`)
}

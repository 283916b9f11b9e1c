/** The stages of a plan in order, as a table of numbers with a line of reasons under each. */
import { clsx } from 'clsx'
import { Ban, ChevronsUpDown, CircleCheck, CirclePlay, GitBranch, Pin, RotateCw } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { DecisionRow, PlanRow } from '#src/store/planTable.ts'
import { cardOf } from '#src/store/planCards.ts'
import { useEditor, useSelection } from '../shell/useEditor.ts'
import { count, moneyRange, timeRange } from './amounts.ts'
import { folded } from './folded.ts'
import { Cell, Rows, Saves, Tokens, Unknown } from './PlanCells.tsx'
import { StageNotes } from './StageNotes.tsx'
import { useGoTo } from './useGoTo.ts'
import type { ShownPlan } from './usePlan.ts'

const COLUMNS = ['Rows', 'Steps', 'Rollouts', 'Tokens', 'Saves', 'Time', 'Cost'] as const

/** Of a long sweep the table shows how it begins. */
const FOLD = { shown: 8, spared: 4 } as const

/** What stands before a stage's title besides its number, in pixels: padding, icon and gaps. */
const BESIDE_NUMBER = 43

export function PlanStages({ shown }: { readonly shown: ShownPlan }): ReactElement {
  const { rows, decisions } = shown.table
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set())
  return (
    <div className="overflow-x-auto rounded-lg border border-line">
      <table className="tabular w-full border-collapse text-left">
        <thead>
          <tr className="bg-sunken text-2xs text-faint">
            <th scope="col" className="py-1.5 pl-3 font-medium">
              Stage
            </th>
            {COLUMNS.map((column) => (
              <th key={column} scope="col" className="px-2 py-1.5 text-right font-medium last:pr-3">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        {folded(shown.plan, unfolded, FOLD).map((part) =>
          'stage' in part ? (
            <Stage
              key={part.stage.id}
              row={rows[part.number - 1]!}
              number={part.number}
              digits={String(rows.length).length}
              shown={shown}
              decisions={decisions[part.stage.id] ?? []}
            />
          ) : part.open ? null : (
            <tbody key={`fold ${part.fold}`} className="border-t border-line">
              <tr>
                <td colSpan={COLUMNS.length + 1} className="py-1.5 pr-3 pl-3 text-xs text-muted">
                  <button
                    type="button"
                    className="flex items-center gap-2 font-medium text-accent-text hover:underline"
                    onClick={() => setUnfolded(new Set([...unfolded, part.fold]))}
                  >
                    <ChevronsUpDown size={14} aria-hidden />
                    Show {count(part.stages.length)} more stages of this sweep
                  </button>
                </td>
              </tr>
            </tbody>
          ),
        )}
      </table>
    </div>
  )
}

function Stage({
  row,
  number,
  digits,
  shown,
  decisions,
}: {
  readonly row: PlanRow
  readonly number: number
  /** Of the last number, so that titles begin in one line. */
  readonly digits: number
  readonly shown: ShownPlan
  readonly decisions: readonly DecisionRow[]
}): ReactElement {
  const { highlight } = useEditor()
  const goTo = useGoTo()
  const selected = useSelection().nodes
  const { stage, state, estimate, nodes } = row
  const idle = state !== 'runs'
  const numberWidth = Math.max(12, 7 * digits)
  const card = nodes[0]!
  return (
    <tbody
      className={clsx('border-t border-line', nodes.some((node) => selected.has(node)) && 'bg-accent-soft')}
      data-stage={stage.id}
      data-state={state}
      onPointerEnter={() => highlight.set(nodes)}
      onPointerLeave={() => highlight.clear()}
    >
      <tr className={clsx('align-top', idle && 'text-muted')}>
        <th scope="row" className="max-w-72 py-2 pl-3 font-normal">
          <span className="flex items-center gap-2">
            <StateIcon row={row} />
            <span className="shrink-0 text-2xs text-muted" style={{ width: numberWidth }}>
              {number}
            </span>
            <button
              type="button"
              title={stage.title}
              className="truncate text-sm font-medium text-text hover:underline"
              onClick={() => goTo(card)}
            >
              {stage.title}
            </button>
          </span>
        </th>
        <Cell>{estimate ? <Rows estimate={estimate} /> : null}</Cell>
        <Cell>{estimate && estimate.optimizerSteps > 0 ? count(estimate.optimizerSteps) : null}</Cell>
        <Cell>{estimate && estimate.rollouts > 0 ? count(estimate.rollouts) : null}</Cell>
        <Cell>{estimate ? <Tokens row={row} estimate={estimate} /> : null}</Cell>
        <Cell>{estimate && estimate.saves > 0 ? <Saves row={row} saves={estimate.saves} /> : null}</Cell>
        <Cell>
          {idle ? null : row.cost?.seconds ? (
            timeRange(row.cost.seconds)
          ) : (
            <Unknown why="No run like it so far tells how long it takes" />
          )}
        </Cell>
        <Cell>
          {idle ? null : row.cost?.dollars ? (
            moneyRange(row.cost.dollars)
          ) : (
            <Unknown
              why={estimate?.tokens ? `The price table does not know ${modelsOf(row)}` : 'Its tokens were not counted'}
            />
          )}
        </Cell>
      </tr>
      <tr>
        <td colSpan={COLUMNS.length + 1} className="pr-3 pb-2" style={{ paddingLeft: BESIDE_NUMBER + numberWidth }}>
          <StageNotes row={row} shown={shown} />
        </td>
      </tr>
      {decisions.map((decision) => (
        <Choice key={decision.decision.id} row={decision} shown={shown} />
      ))}
    </tbody>
  )
}

const LOOKS = {
  runs: { icon: CirclePlay, tone: 'text-accent-text', label: 'runs' },
  again: { icon: RotateCw, tone: 'text-warn', label: 'runs again' },
  reused: { icon: CircleCheck, tone: 'text-good', label: 'reused' },
  pinned: { icon: Pin, tone: 'text-good', label: 'pinned' },
  'pin-lost': { icon: Pin, tone: 'text-bad', label: 'pinned to a result that is gone' },
  skipped: { icon: Ban, tone: 'text-faint', label: 'skipped' },
} as const

function StateIcon({ row }: { readonly row: PlanRow }): ReactElement {
  const again = row.state === 'runs' && row.reasons.some((reason) => reason.type !== 'new')
  const { icon: Icon, tone, label } = LOOKS[again ? 'again' : row.state]
  return <Icon size={15} className={clsx('shrink-0', tone)} aria-label={label} role="img" />
}

/** A gate or a choice, taken between two stages. */
function Choice({ row, shown }: { readonly row: DecisionRow; readonly shown: ShownPlan }): ReactElement {
  const goTo = useGoTo()
  const { decision, known } = row
  const outcome = known?.outcome ?? null
  return (
    <tr>
      <td
        colSpan={COLUMNS.length + 1}
        className="border-t border-dashed border-line py-1.5 pr-3 pl-3 text-xs text-muted"
      >
        <span className="flex items-center gap-2">
          <GitBranch size={14} className="shrink-0 text-muted" aria-hidden />
          <button
            type="button"
            className="font-medium text-text hover:underline"
            onClick={() => goTo(cardOf(shown.plan, decision.node))}
          >
            {decision.title}
          </button>
          <span className="truncate">{ruleOf(decision)}</span>
          {outcome === null ? null : <span className="ml-auto shrink-0 text-text">{outcomeWords(outcome)}</span>}
        </span>
      </td>
    </tr>
  )
}

function outcomeWords(outcome: string): string {
  if (outcome === 'passed') return 'passes'
  return outcome === 'failed' ? 'does not pass' : `takes ${outcome}`
}

function ruleOf(decision: DecisionRow['decision']): string {
  if (decision.type === 'best-of') return `takes the ${decision.goal} score of ${decision.candidates.length}`
  const { policy, comparison, threshold, against } = decision
  const limit = against === null ? `${threshold}` : `that of ${against} + ${threshold}`
  return `goes on if the score of ${policy} is ${comparison === 'at-least' ? 'at least' : 'at most'} ${limit}`
}

function modelsOf({ stage }: PlanRow): string {
  if (stage.mode !== 'evaluate') return stage.model.name
  return [...new Set(stage.evaluation.policies.map(({ model }) => model.name))].join(' or ')
}

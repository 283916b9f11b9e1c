/** What a run will do, before it does anything: every stage with its numbers, what is taken over and what is not, and why. */
import { LoaderCircle, Play } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { selectionOf } from '#src/store/commands/running.ts'
import { DialogFrame } from '../dialogs/DialogFrame.tsx'
import { moment } from '../runs/timeWords.ts'
import { useEditor } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'
import { Tip } from '../theme/Tip.tsx'
import { BudgetFields } from './BudgetFields.tsx'
import { PlanProblems } from './PlanProblems.tsx'
import { PlanStages } from './PlanStages.tsx'
import { PlanTotals, PricesLine } from './PlanTotals.tsx'
import { Toggle } from './Toggle.tsx'
import { usePlan } from './usePlan.ts'
import type { ShownPlan } from './usePlan.ts'

export function PlanDialog(): ReactElement {
  const editor = useEditor()
  const { commands, surface, problems, highlight } = editor
  const { runs } = useStores()
  const { dialogArgs } = useSnapshot(surface.state)
  const { pending } = useSnapshot(problems.state)
  useSnapshot(runs.state)
  const [fresh, setFresh] = useState(false)
  const [budgetOk, setBudgetOk] = useState(true)
  const selection = selectionOf(dialogArgs)
  const shown = usePlan(selection, fresh)
  const refusal = commands.refusal('run.start', selection)
  const blocked = refusal ?? (budgetOk ? null : 'A limit is not a number')
  const count = shown?.table.total.stages ?? 0

  useEffect(() => () => highlight.clear(), [highlight])

  const confirm = (): void => {
    if (blocked !== null) return editor.announce.say(blocked)
    surface.closeDialog()
    commands.run('run.start', { ...selection, fresh })
  }
  const runButton = (
    <Button look="primary" autoFocus aria-disabled={blocked !== null} onClick={confirm}>
      <Play size={13} fill="currentColor" aria-hidden />
      {count === 0 ? 'Run' : count === 1 ? 'Run 1 stage' : `Run ${count} stages`}
    </Button>
  )
  return (
    <DialogFrame
      title="Plan"
      description={descriptionOf(shown, editor.now())}
      width="xl"
      footer={
        <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-5 gap-y-2.5">
          <Toggle label="Run everything again" checked={fresh} onChange={setFresh} />
          <BudgetFields total={shown?.table.total ?? null} onValid={setBudgetOk} />
          <div className="ml-auto flex gap-2">
            <Button onClick={() => surface.closeDialog()}>Cancel</Button>
            {blocked === null ? runButton : <Tip text={blocked}>{runButton}</Tip>}
          </div>
        </div>
      }
    >
      <PlanProblems />
      {shown ? (
        <>
          <PlanTotals shown={shown} />
          <PlanStages shown={shown} />
          <PricesLine shown={shown} />
        </>
      ) : (
        <p className="flex items-center gap-2 py-6 text-muted">
          {pending ? (
            <>
              <LoaderCircle size={14} className="animate-spin" aria-hidden /> Reading rows and models …
            </>
          ) : (
            'There is no plan yet. Wire a trainer or an evaluation, and mend what is wrong.'
          )}
        </p>
      )}
    </DialogFrame>
  )
}

export default PlanDialog

function descriptionOf(shown: ShownPlan | null, now: number): string {
  if (!shown) return 'What a run will do, before anything is spent.'
  const { table, review, looking } = shown
  const runs = table.total.stages
  const kept = table.rows.filter(({ state }) => state === 'reused' || state === 'pinned').length
  const skipped = table.rows.filter(({ state }) => state === 'skipped').length
  const taken = kept === 1 ? '1 is taken from an earlier run' : `${kept} are taken from earlier runs`
  const parts = [
    runs === 0 ? 'Nothing needs to run' : runs === 1 ? '1 stage runs' : `${runs} stages run`,
    ...(table.total.open > 0
      ? [`${table.total.open === runs ? '' : `${table.total.open} of them `}only if a gate says so`]
      : []),
    ...(kept > 0 ? [taken] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ]
  if (looking) return 'Looking through earlier runs …'
  const last = review?.last
  if (!last) return `${parts.join(', ')}. This graph has not run here before.`
  const gone = last.gone.length === 0 ? '' : ` It also had ${last.gone.map((title) => `“${title}”`).join(', ')}.`
  return `${parts.join(', ')}. Compared with the run of ${moment(last.startedAt, now)}.${gone}`
}

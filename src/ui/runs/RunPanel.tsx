/** The run that is shown: its stages on the left, and for the chosen stage charts, answers, results and the log. */
import { Tabs } from 'radix-ui'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { RunId, StageId } from '#src/base/ids.ts'
import type { RunState } from '#src/ir/runState.ts'
import { EvaluationTable } from './EvaluationTable.tsx'
import { MetricGrid } from './MetricGrid.tsx'
import { RolloutList } from './RolloutList.tsx'
import { RunLog } from './RunLog.tsx'
import { RunHeader } from './RunHeader.tsx'
import { RunHistory } from './RunHistory.tsx'
import { useEditor } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'
import { StageList } from './StageList.tsx'
import { noChartsWords } from './stageWords.ts'
import { moment } from './timeWords.ts'
import { useShownRun } from './useShownRun.ts'

export function RunPanel(): ReactElement {
  const { state } = useShownRun()
  const [history, setHistory] = useState(false)
  return (
    <div className="flex h-full min-h-0 flex-col">
      <RunHeader state={state} history={history} onHistory={setHistory} />
      {history || !state ? (
        <RunHistory onOpened={() => setHistory(false)} />
      ) : (
        <RunView key={state.run} state={state} />
      )}
    </div>
  )
}

export default RunPanel

function RunView({ state }: { readonly state: RunState }): ReactElement {
  const [chosen, setChosen] = useState<StageId | null>(null)
  const [tab, setTab] = useState<string | null>(null)
  const [tools, setTools] = useState<HTMLElement | null>(null)
  const { runs } = useStores()
  const { list } = useSnapshot(runs.state)
  const { now } = useEditor()
  const startOfRun = (run: RunId): string | null => {
    const startedAt = list.find(({ id }) => id === run)?.startedAt
    return startedAt === undefined ? null : moment(startedAt, now())
  }
  const id = chosen ?? currentStage(state)
  const stage = state.plan.stages.find((s) => s.id === id) ?? state.plan.stages[0]
  if (!stage) return <p className="p-3 text-muted">This run has no stages.</p>
  const tabs = [
    ...(stage.mode === 'evaluate' ? [{ id: 'scores', title: 'Scores' }] : [{ id: 'charts', title: 'Charts' }]),
    { id: 'answers', title: stage.mode === 'sft' ? 'Samples' : 'Answers' },
    { id: 'log', title: 'Log' },
  ]
  const open = tabs.some((t) => t.id === tab) ? tab! : tabs[0]!.id
  return (
    <div className="flex min-h-0 flex-1 max-md:flex-col">
      <StageList state={state} chosen={stage.id} onChoose={setChosen} />
      <Tabs.Root value={open} onValueChange={setTab} className="flex min-h-0 min-w-0 flex-1 flex-col">
        <div className="@container flex h-8 shrink-0 items-center gap-2 border-b border-line px-2">
          <Tabs.List aria-label="Views of the stage" className="flex items-center gap-1">
            {tabs.map((t) => (
              <Tabs.Trigger
                key={t.id}
                value={t.id}
                className="h-6 rounded-md px-2 text-xs text-muted hover:bg-hover data-[state=active]:bg-sunken data-[state=active]:font-medium data-[state=active]:text-text"
              >
                {t.title}
              </Tabs.Trigger>
            ))}
          </Tabs.List>
          <span ref={setTools} className="ml-auto flex min-w-0 items-center gap-2" />
        </div>
        <Tabs.Content value="charts" className="[container-type:size] min-h-0 flex-1 overflow-auto outline-none">
          <MetricGrid
            key={stage.id}
            run={state.run}
            stage={stage}
            empty={noChartsWords(state, stage.id, startOfRun)}
            tools={tools}
          />
        </Tabs.Content>
        <Tabs.Content value="scores" className="@container min-h-0 flex-1 overflow-auto outline-none">
          {stage.mode === 'evaluate' ? <EvaluationTable state={state} stage={stage} /> : null}
        </Tabs.Content>
        <Tabs.Content value="answers" className="min-h-0 flex-1 overflow-hidden outline-none">
          <RolloutList run={state.run} stage={stage} />
        </Tabs.Content>
        <Tabs.Content value="log" className="min-h-0 flex-1 overflow-hidden outline-none">
          <RunLog state={state} />
        </Tabs.Content>
      </Tabs.Root>
    </div>
  )
}

/** The stage that runs, else the one that ran last: the panel follows the run until a person chooses. */
function currentStage({ plan, stages }: RunState): StageId | null {
  const running = plan.stages.find((s) => stages[s.id]?.phase === 'running')
  return (running ?? plan.stages.findLast((s) => stages[s.id] && stages[s.id]!.phase !== 'queued'))?.id ?? null
}

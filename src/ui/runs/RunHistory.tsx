import { Play } from 'lucide-react'
import { clsx } from 'clsx'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { useEditor } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'
import { Tip } from '../theme/Tip.tsx'
import { PhaseIcon, phaseWord } from './phase.tsx'
import { duration, moment } from './timeWords.ts'
import { useNow } from './useNow.ts'

/** All runs in this browser, newest first, failed ones too. Any of them opens with its charts, answers and log. */
export function RunHistory({ onOpened }: { onOpened(): void }): ReactElement {
  const { runs } = useStores()
  const { list, shown, phase } = useSnapshot(runs.state)
  const now = useNow(null)
  if (list.length === 0) {
    return (
      <div className="flex flex-1 flex-col items-center justify-center gap-2 p-6 text-center">
        <p className="font-medium">{phase === 'loading' ? 'Reading the history …' : 'No runs yet'}</p>
        <p className="max-w-md text-xs text-muted">
          A run trains every stage of the graph in order. Its charts, answers and checkpoints appear here and live on
          the nodes; everything is kept in this browser.
        </p>
        <FirstRun />
      </div>
    )
  }
  return (
    <ul className="min-h-0 flex-1 overflow-auto py-1" aria-label="Runs">
      {list.map((run) => (
        <li key={run.id}>
          <button
            type="button"
            className={clsx(
              'grid w-full grid-cols-[16px_minmax(8rem,1fr)_6.5rem_8rem_6rem_minmax(0,1.2fr)] items-center gap-3 px-3 py-1.5 text-left text-xs hover:bg-hover max-md:grid-cols-[16px_1fr_6rem]',
              run.id === shown && 'bg-accent-soft',
            )}
            onClick={async () => {
              await runs.show(run.id)
              onOpened()
            }}
          >
            <PhaseIcon phase={run.phase} />
            <span className="truncate text-sm font-medium">{run.title}</span>
            <span className="text-muted">{phaseWord(run.phase)}</span>
            <span className="tabular text-muted max-md:hidden">{moment(run.startedAt, now)}</span>
            <span className="tabular text-muted max-md:hidden">
              {run.endedAt === null ? '' : duration(run.endedAt - run.startedAt)}
            </span>
            <span className="truncate text-bad max-md:hidden">
              {run.failure ?? (run.carriedOut === 'elsewhere' ? 'in another tab' : '')}
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Says why where the graph cannot run, as the button of the bar does. */
function FirstRun(): ReactElement {
  const { commands, problems } = useEditor()
  useSnapshot(problems.state)
  const refusal = commands.refusal('run.start')
  const button = (
    <Button look="primary" className="mt-1" aria-disabled={refusal !== null} onClick={() => commands.run('run.start')}>
      <Play size={13} aria-hidden /> Run the graph
    </Button>
  )
  return refusal === null ? button : <Tip text={refusal}>{button}</Tip>
}

import { ListChecks, Pause, Play, Square } from 'lucide-react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { showKeys } from '#src/store/keymap.ts'
import { Button } from '../theme/Button.tsx'
import { IconButton } from '../theme/IconButton.tsx'
import { Tip } from '../theme/Tip.tsx'
import { useEditor, useRefusal } from './useEditor.ts'
import { useStores } from './useStores.ts'

/** Run, or pause and stop while a run goes on. */
export function RunButtons(): ReactElement | null {
  const { commands, platform, problems } = useEditor()
  const { runs } = useStores()
  // Whether a run may start, pause or stop hangs on these two as well.
  useSnapshot(problems.state)
  useSnapshot(runs.state)
  const refusal = useRefusal('run.start')
  const pausable = useRefusal('run.pause') === null
  const continuable = useRefusal('run.continue') === null
  const stoppable = useRefusal('run.stop') === null
  if (!commands.get('run.start')) return null
  return (
    <div className="ml-1 flex gap-1.5">
      <IconButton
        label="Review the plan"
        keys={showKeys('Mod+Shift+Enter', platform)}
        onClick={() => commands.run('plan.review')}
      >
        <ListChecks size={16} />
      </IconButton>
      {pausable ? (
        <Button onClick={() => commands.run('run.pause')}>
          <Pause size={14} aria-hidden />
          Pause
        </Button>
      ) : null}
      {continuable ? (
        <Button look="primary" onClick={() => commands.run('run.continue')}>
          <Play size={14} aria-hidden />
          Continue
        </Button>
      ) : null}
      {stoppable ? (
        <Button look="danger" onClick={() => commands.run('run.stop')}>
          <Square size={12} fill="currentColor" aria-hidden />
          Stop
        </Button>
      ) : (
        <Tip text={refusal ?? 'Run the graph'} keys={refusal === null ? showKeys('Mod+Enter', platform) : undefined}>
          <Button look="primary" aria-disabled={refusal !== null} onClick={() => commands.run('run.start')}>
            <Play size={14} fill="currentColor" aria-hidden />
            Run
          </Button>
        </Tip>
      )}
    </div>
  )
}

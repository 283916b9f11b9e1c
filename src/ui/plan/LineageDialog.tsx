/** Paste a checkpoint's path, get the run and the graph that made it, as far as this browser's history knows. */
import { useId, useState } from 'react'
import type { ReactElement } from 'react'
import type { Origin } from '#src/store/lineage.ts'
import { DialogFrame } from '../dialogs/DialogFrame.tsx'
import { INPUT_CLASS } from '../inspector/controls/controlClasses.ts'
import { moment } from '../runs/timeWords.ts'
import { useEditor } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'

type Found = Extract<Origin, { found: 'save' | 'sibling' }>

export function LineageDialog(): ReactElement {
  const { findOrigin } = useStores()
  const [path, setPath] = useState('')
  const [answer, setAnswer] = useState<{ readonly origin: Origin | null; readonly problem: string | null } | null>(null)
  const id = useId()
  const look = async (): Promise<void> => {
    const found = await findOrigin(path)
    setAnswer(found.ok ? { origin: found.value, problem: null } : { origin: null, problem: found.error.message })
  }
  return (
    <DialogFrame
      title="Find the graph of a checkpoint"
      description="Looks through the runs of this browser; nothing is sent anywhere."
      width="lg"
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void look()
        }}
      >
        <label htmlFor={id} className="mb-1 block text-xs font-medium">
          Path of the checkpoint
        </label>
        <div className="flex gap-2">
          <input
            id={id}
            className={`${INPUT_CLASS} font-mono`}
            placeholder="tinker://…/weights/…"
            autoComplete="off"
            spellCheck={false}
            value={path}
            onChange={(event) => setPath(event.target.value)}
          />
          <Button type="submit" look="primary" disabled={path.trim() === ''}>
            Find
          </Button>
        </div>
      </form>
      <div role="status" className="mt-4 min-h-24">
        {answer === null ? null : answer.problem !== null ? (
          <p className="text-bad">{answer.problem}</p>
        ) : (
          <Answer origin={answer.origin!} />
        )}
      </div>
    </DialogFrame>
  )
}

export default LineageDialog

function Answer({ origin }: { readonly origin: Origin }): ReactElement {
  if (origin.found === 'no-path') {
    return (
      <p className="text-muted">
        This is no path of a checkpoint. Paths look like <code>tinker://RUN/weights/NAME</code> or{' '}
        <code>tinker://RUN/sampler_weights/NAME</code>.
      </p>
    )
  }
  if (origin.found === 'nothing') {
    return (
      <p className="text-muted">
        None of the {origin.searched} runs in this browser has made it. By its path it is the save “{origin.name}” of
        the training run <code className="break-all">{origin.trainingRun}</code>; the session of that run names its plan
        in <code>user_metadata</code>, where it was made by Tunegraph elsewhere.
      </p>
    )
  }
  return <Made origin={origin} />
}

function Made({ origin }: { readonly origin: Found }): ReactElement {
  const { surface, commands, now } = useEditor()
  const { runs } = useStores()
  const { save, document, version } = origin
  const facts: readonly (readonly [string, string])[] = [
    ['Stage', origin.stage],
    ['Save', `“${save.name}” after ${save.step} steps${save.rolling ? ', made for resuming' : ''}`],
    ['Run', `${origin.title}, ${moment(origin.startedAt, now())}`],
    ['Plan', origin.planHash.slice(0, 12)],
    ['Graph', document ? document.title : 'deleted from this browser'],
    ...(save.expiresAt === null ? [] : [['Kept until', moment(save.expiresAt, now())] as const]),
  ]
  return (
    <>
      {origin.found === 'sibling' ? (
        <p className="mb-2 text-warn">Not this save itself, but another one of the same training run is known here:</p>
      ) : null}
      <dl className="grid grid-cols-[auto_1fr] gap-x-5 gap-y-1.5 rounded-lg border border-line px-3 py-2.5">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
      </dl>
      {document && version === null ? (
        <p className="mt-2 text-xs text-muted">
          The graph as it ran is no longer kept in this browser; what it is now may differ. The run still shows its
          plan.
        </p>
      ) : null}
      <div className="mt-3 flex flex-wrap gap-2">
        <Button
          onClick={() => {
            surface.closeDialog()
            commands.run('view.dockTab', { tab: 'run' })
            void runs.show(origin.run)
          }}
        >
          Show the run
        </Button>
        {document ? (
          <Button
            onClick={() => {
              surface.closeDialog()
              commands.run('file.open', { id: document.id })
            }}
          >
            Open the graph as it is now
          </Button>
        ) : null}
        {document && version !== null ? (
          <Button
            look="primary"
            onClick={() => {
              surface.closeDialog()
              commands.run('file.openVersion', { id: document.id, at: version })
            }}
          >
            Open the graph as it ran
          </Button>
        ) : null}
      </div>
    </>
  )
}

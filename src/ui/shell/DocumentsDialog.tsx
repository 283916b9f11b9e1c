import { FilePlus, FileUp, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { DocId } from '#src/base/ids.ts'
import { DialogFrame } from '../dialogs/DialogFrame.tsx'
import { moment } from '../runs/timeWords.ts'
import { Button } from '../theme/Button.tsx'
import { IconButton } from '../theme/IconButton.tsx'
import { useEditor } from './useEditor.ts'

/** All graphs of this browser, the newest first, and the examples. */
export default function DocumentsDialog(): ReactElement {
  const { documents, surface, commands, doc, now } = useEditor()
  const { list, starters, problem } = useSnapshot(documents.state)
  const [asked, setAsked] = useState<DocId | null>(null)
  const open = doc.get().id
  const run = (id: string, args: Readonly<Record<string, unknown>> = {}): void => {
    surface.closeDialog()
    commands.run(id, args)
  }
  return (
    <DialogFrame
      title="Graphs"
      description="Kept in this browser. Export a file to share one or to keep it elsewhere."
      footer={
        <>
          <Button onClick={() => run('file.import')}>
            <FileUp size={14} aria-hidden /> Import files…
          </Button>
          <Button look="primary" onClick={() => run('file.new')}>
            <FilePlus size={14} aria-hidden /> New graph
          </Button>
        </>
      }
    >
      {problem ? (
        <p role="alert" className="mb-2 text-xs text-bad">
          {problem.message}
        </p>
      ) : null}
      <ul className="-mx-1.5">
        {list.map((head) => (
          <li key={head.id} className="group flex items-center rounded-md hover:bg-hover">
            <button
              type="button"
              className="flex min-w-0 flex-1 items-baseline gap-3 px-2 py-1.5 text-left"
              onClick={() => run('file.open', { id: head.id })}
            >
              <span className="truncate font-medium">{head.title}</span>
              {head.id === open ? <span className="text-2xs text-accent-text">open</span> : null}
              <span className="ml-auto shrink-0 text-xs text-faint">{moment(head.updatedAt, now())}</span>
            </button>
            {asked === head.id ? (
              <Button look="danger" className="mr-1" onClick={() => void documents.remove(head.id)}>
                Delete for good
              </Button>
            ) : (
              <IconButton label={`Delete ${head.title}`} className="mr-1" onClick={() => setAsked(head.id)}>
                <Trash2 size={14} />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      {starters.length > 0 ? (
        <>
          <h3 className="mt-4 mb-1.5 text-2xs font-medium tracking-wide text-faint uppercase">Examples</h3>
          <div className="flex flex-wrap gap-2">
            {starters.map((starter) => (
              <Button
                key={starter.id}
                title={starter.description}
                onClick={() => run('file.starter', { starter: starter.id })}
              >
                {starter.title}
              </Button>
            ))}
          </div>
        </>
      ) : null}
    </DialogFrame>
  )
}

import { useRef } from 'react'
import type { ReactElement } from 'react'
import type { DocId } from '#src/base/ids.ts'
import { DialogFrame } from '../dialogs/DialogFrame.tsx'
import { Button } from '../theme/Button.tsx'
import { useDocTitle, useEditor } from './useEditor.ts'

/** Deleting a graph is the one thing that undo does not bring back, so it asks. */
export default function DeleteDocumentDialog(): ReactElement {
  const { documents, surface, commands, doc } = useEditor()
  const title = useDocTitle()
  const id = useRef<DocId>(doc.get().id)
  return (
    <DialogFrame
      title={`Delete “${title}”?`}
      description="This cannot be undone. Runs of this graph stay in the history."
      footer={
        <>
          <Button onClick={() => surface.closeDialog()}>Cancel</Button>
          <Button
            look="danger"
            onClick={() => {
              surface.closeDialog()
              void documents.remove(id.current)
            }}
          >
            Delete
          </Button>
        </>
      }
    >
      <Button onClick={() => commands.run('file.export')}>Export it as a file first</Button>
    </DialogFrame>
  )
}

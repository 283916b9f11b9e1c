import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { RunId } from '#src/base/ids.ts'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'
import { IconButton } from '../theme/IconButton.tsx'

/** Runs have no undo, so deleting one asks once more. */
export function DeleteRun({ run }: { readonly run: RunId }): ReactElement {
  const { runs } = useStores()
  const [asked, setAsked] = useState(false)
  if (!asked)
    return (
      <IconButton label="Delete this run" className="size-6" onClick={() => setAsked(true)}>
        <Trash2 size={13} />
      </IconButton>
    )
  return (
    <span role="group" aria-label="Delete this run?" className="flex items-center gap-1.5 text-xs">
      Delete this run for good?
      <Button look="danger" autoFocus onClick={() => void runs.remove(run)}>
        Delete
      </Button>
      <Button look="plain" onClick={() => setAsked(false)}>
        Keep
      </Button>
    </span>
  )
}

import { Eye } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { Button } from '../theme/Button.tsx'
import { useEditor } from './useEditor.ts'

/** While another tab edits the graph: says so, and offers to edit it here. */
export default function ElsewhereBanner(): ReactElement {
  const { documents } = useEditor()
  const [asked, setAsked] = useState(false)

  async function takeOver(): Promise<void> {
    setAsked(true)
    await documents.takeOver()
    setAsked(false)
  }

  return (
    <div role="status" className="flex shrink-0 items-center gap-2 border-b border-line bg-sunken py-1.5 pr-2 pl-3">
      <Eye size={15} aria-hidden className="shrink-0 text-muted" />
      <p className="min-w-0 flex-1 text-xs text-muted">
        <span className="font-medium text-text">This graph is open in another tab.</span> Look around; to change or run
        it here, take it over.
      </p>
      <Button aria-disabled={asked} onClick={() => void (asked || takeOver())}>
        {asked ? 'Taking over…' : 'Take over'}
      </Button>
    </div>
  )
}

import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { Button } from '../theme/Button.tsx'
import { useCanvas } from './CanvasContext.ts'

/** What an empty canvas offers: starters, and how to begin by hand. */
export default function EmptyCanvas(): ReactElement | null {
  const { editor } = useCanvas()
  const { starters, phase } = useSnapshot(editor.documents.state)
  if (phase === 'loading') return null
  return (
    <div className="pointer-events-none absolute inset-0 z-5 flex items-center justify-center p-6">
      <div className="pointer-events-auto flex max-w-md flex-col items-center gap-4 text-center">
        <div>
          <h2 className="text-lg font-semibold">Start a graph</h2>
          <p className="mt-1 text-muted">
            Drag a node from the left, double-click the canvas or press <b>N</b>. Or begin with one that runs:
          </p>
        </div>
        <div className="flex flex-wrap justify-center gap-2">
          {starters.map((starter) => (
            <Button
              key={starter.id}
              size="md"
              onClick={() => editor.commands.run('file.starter', { starter: starter.id })}
              title={starter.description}
            >
              {starter.title}
            </Button>
          ))}
        </div>
        <p className="text-xs text-faint">
          Files can be dropped anywhere: a graph or another trainer’s config opens, JSONL, JSON or CSV becomes a
          dataset.
        </p>
      </div>
    </div>
  )
}

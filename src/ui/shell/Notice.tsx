import { CircleAlert, Info, TriangleAlert, X } from 'lucide-react'
import { useEffect } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { Button } from '../theme/Button.tsx'
import { IconButton } from '../theme/IconButton.tsx'
import { useEditor } from './useEditor.ts'

/** Long enough to read two sentences twice. */
const SHOWN_MS = 12_000
const ICONS = { error: CircleAlert, warning: TriangleAlert, info: Info } as const
const COLORS = { error: 'text-bad', warning: 'text-warn', info: 'text-muted' } as const

/** What just failed and has no place on the canvas: a file that is no graph, a document that is gone. */
export default function Notice(): ReactElement | null {
  const { surface, commands } = useEditor()
  const { notice } = useSnapshot(surface.state)
  const count = notice?.count
  useEffect(() => {
    if (count === undefined) return
    const timer = setTimeout(() => void (surface.state.notice = null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [count, surface])
  if (!notice) return null
  const { severity, message, fix } = notice.diagnostic
  const Icon = ICONS[severity]
  return (
    <div className="fixed bottom-6 left-1/2 z-60 flex w-max max-w-[min(560px,92vw)] -translate-x-1/2 items-start gap-2 rounded-lg border border-line-strong bg-raised py-2 pr-1.5 pl-3 shadow-float">
      <Icon size={16} aria-hidden className={`mt-1 shrink-0 ${COLORS[severity]}`} />
      <p className="min-w-0 flex-1 py-1">{message}</p>
      {fix ? <Button onClick={() => commands.run(fix.command, { ...fix.args })}>{fix.title}</Button> : null}
      <IconButton label="Dismiss" side="top" onClick={() => void (surface.state.notice = null)}>
        <X size={15} />
      </IconButton>
    </div>
  )
}

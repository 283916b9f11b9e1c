import { CloudAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { useEditor } from './useEditor.ts'

/** “Saved 3 s ago”, and the sentence when it could not be saved. */
export function SaveState(): ReactElement {
  const { documents, now } = useEditor()
  const { save } = useSnapshot(documents.state)
  useTick(save.phase === 'saved' ? 10_000 : null)
  if (save.phase === 'failed') {
    return (
      <span
        role="alert"
        title={save.diagnostic.message}
        className="ml-1 flex min-w-0 items-center gap-1 text-xs font-medium text-bad"
      >
        <CloudAlert size={14} aria-hidden />
        <span className="truncate">Not saved: {save.diagnostic.message}</span>
      </span>
    )
  }
  const text = save.phase === 'saved' ? savedText(save.at, now()) : 'Saving…'
  return <span className="ml-1 truncate text-xs text-faint tabular-nums select-none">{text}</span>
}

function savedText(at: number | null, now: number): string {
  if (at === null) return 'Saved'
  const seconds = Math.round((now - at) / 1000)
  if (seconds < 10) return 'Saved just now'
  if (seconds < 60) return `Saved ${Math.floor(seconds / 10) * 10} s ago`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `Saved ${minutes} min ago` : 'Saved'
}

function useTick(ms: number | null): void {
  const [, set] = useState(0)
  useEffect(() => {
    if (ms === null) return
    const timer = setInterval(() => set((n) => n + 1), ms)
    return () => clearInterval(timer)
  }, [ms])
}

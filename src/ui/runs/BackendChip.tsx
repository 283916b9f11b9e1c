import { clsx } from 'clsx'
import { CloudLightning } from 'lucide-react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { useEditor } from '../shell/useEditor.ts'
import { NARROW, useMedia } from '../shell/useMedia.ts'
import { useStores } from '../shell/useStores.ts'
import { Tip } from '../theme/Tip.tsx'

const NAMES = { embedded: 'Embedded', tinker: 'Tinker', custom: 'Server' } as const
const DOTS = { idle: 'bg-faint', connecting: 'bg-warn', connected: 'bg-good', failed: 'bg-bad' } as const

/** In the top bar: which backend, and whether it answers. */
export function BackendChip(): ReactElement {
  const { surface } = useEditor()
  const { backend, embedded } = useStores()
  const { selected, connection } = useSnapshot(backend.state)
  const { trouble } = useSnapshot(embedded.state)
  const bad = selected.type === 'embedded' && trouble !== null
  const narrow = useMedia(NARROW)
  const said =
    connection.phase === 'failed'
      ? connection.diagnostic.message
      : connection.phase === 'connected'
        ? `Connected to the ${selected.type === 'embedded' ? 'embedded backend' : selected.url}`
        : 'Connecting …'
  return (
    <Tip text={bad ? `${said}. Bad days are switched on, for practice.` : said}>
      <button
        type="button"
        aria-label={`Backend: ${NAMES[selected.type]}. ${said}${bad ? '. Bad days are switched on' : ''}`}
        className="flex h-7 shrink-0 items-center gap-1.5 rounded-md px-2 text-xs font-medium text-muted hover:bg-hover hover:text-text"
        onClick={() => surface.openDialog('backend')}
      >
        <span className={clsx('size-2 rounded-full', DOTS[connection.phase])} aria-hidden />
        {narrow ? null : <span>{NAMES[selected.type]}</span>}
        {bad ? (
          <span className="flex items-center gap-1 rounded bg-warn-soft px-1.5 py-0.5 text-2xs text-warn">
            <CloudLightning size={12} aria-hidden /> bad days
          </span>
        ) : null}
      </button>
    </Tip>
  )
}

export default BackendChip

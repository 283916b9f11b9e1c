import { clsx } from 'clsx'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { useEditor } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'
import { Tip } from '../theme/Tip.tsx'

const NAMES = { embedded: 'Embedded', tinker: 'Tinker', custom: 'Server' } as const
const DOTS = { idle: 'bg-faint', connecting: 'bg-warn', connected: 'bg-good', failed: 'bg-bad' } as const

/** In the top bar: which backend, and whether it answers. */
export function BackendChip(): ReactElement {
  const { surface } = useEditor()
  const { backend } = useStores()
  const { selected, connection } = useSnapshot(backend.state)
  const said =
    connection.phase === 'failed'
      ? connection.diagnostic.message
      : connection.phase === 'connected'
        ? `Connected to the ${selected.type === 'embedded' ? 'embedded backend' : selected.url}`
        : 'Connecting …'
  return (
    <Tip text={said}>
      <button
        type="button"
        aria-label={`Backend: ${NAMES[selected.type]}. ${said}`}
        className="flex h-7 shrink-0 items-center gap-1.5 rounded-md px-2 text-xs font-medium text-muted hover:bg-hover hover:text-text"
        onClick={() => surface.openDialog('backend')}
      >
        <span className={clsx('size-2 rounded-full', DOTS[connection.phase])} aria-hidden />
        <span className="max-sm:sr-only">{NAMES[selected.type]}</span>
      </button>
    </Tip>
  )
}

export default BackendChip

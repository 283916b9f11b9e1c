import { ChevronRight, CornerLeftUp } from 'lucide-react'
import { useEffect, useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import { openedGroups } from '#src/store/commands/levels.ts'
import { showKeys } from '#src/store/keymap.ts'
import { useDocTitle } from '../shell/useEditor.ts'
import { IconButton } from '../theme/IconButton.tsx'
import { useCanvas } from './CanvasContext.ts'
import { followLevels } from './levelView.ts'

/** Which groups are open, the way back out of each, and the view that a person had of every drawing. */
export default function Levels(): ReactElement | null {
  const session = useCanvas()
  const { editor } = session
  useEffect(() => followLevels(session), [session])
  const title = useDocTitle()
  // Titles change with the document; as text they can be compared.
  const text = useSyncExternalStore(editor.doc.subscribe, () => JSON.stringify(openedGroups(editor)))
  const groups = JSON.parse(text) as ReturnType<typeof openedGroups>
  if (groups.length === 0) return null
  const leave = (path: string): void => void editor.commands.run('group.leave', { path })
  return (
    <nav
      aria-label="Open groups"
      className="absolute top-3 left-3 z-10 flex max-w-[calc(100%-1.5rem)] items-center gap-0.5 rounded-lg border border-line bg-raised p-0.5 shadow-raised"
    >
      <IconButton
        label="Leave the group"
        keys={showKeys('Escape', editor.platform)}
        onClick={() => editor.commands.run('group.leave')}
      >
        <CornerLeftUp size={15} />
      </IconButton>
      <ol className="flex min-w-0 items-center">
        <li className="min-w-12 shrink">
          <Step title={title} onClick={() => leave('')} />
        </li>
        {groups.map(({ path, title: name }, i) => (
          <li key={path} className="flex min-w-12 shrink items-center">
            <ChevronRight size={13} className="shrink-0 text-faint" aria-hidden />
            {i === groups.length - 1 ? (
              <span aria-current="location" className="truncate px-1.5 text-xs font-semibold" title={name}>
                {name}
              </span>
            ) : (
              <Step title={name} onClick={() => leave(path)} />
            )}
          </li>
        ))}
      </ol>
    </nav>
  )
}

function Step({ title, onClick }: { readonly title: string; readonly onClick: () => void }): ReactElement {
  return (
    <button
      type="button"
      title={title}
      className="h-7 max-w-full truncate rounded-md px-1.5 text-xs text-muted hover:bg-hover hover:text-text"
      onClick={onClick}
    >
      {title}
    </button>
  )
}

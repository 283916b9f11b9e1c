import { useState } from 'react'
import type { ReactElement } from 'react'
import type { NodeId } from '#src/base/ids.ts'
import { renameNode } from '#src/graph/ops.ts'
import { useEditor } from '../shell/useEditor.ts'

/** The node's name. Empty means the kind's own title, shown as placeholder. */
export function TitleField({
  id,
  title,
  placeholder,
}: {
  readonly id: NodeId
  readonly title: string
  readonly placeholder: string
}): ReactElement {
  const { doc } = useEditor()
  const [before, setBefore] = useState(title)
  const rename = (next: string): void =>
    void doc.transact('Rename', (draft) => renameNode(draft, id, next), { history: 'merge', mergeKey: `title@${id}` })
  return (
    <input
      aria-label="Name of the node"
      className="-mx-1 w-full truncate rounded-sm bg-transparent px-1 text-base font-semibold outline-none placeholder:text-text hover:bg-hover focus:bg-sunken"
      value={title}
      placeholder={placeholder}
      maxLength={120}
      onFocus={() => setBefore(title)}
      onChange={(event) => rename(event.target.value)}
      onBlur={() => doc.closeMerge()}
      onKeyDown={(event) => {
        if (event.key === 'Escape') rename(before)
        if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur()
      }}
    />
  )
}

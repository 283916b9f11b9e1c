/** Head of a panel that is about one card: its sign, its name, what it is for, and what can be shown of it. */
import type { ReactElement, ReactNode } from 'react'
import type { NodeView } from '#src/store/nodeView.ts'
import { KindIcon } from '../theme/KindIcon.tsx'

export function PanelHeader({
  view,
  name,
  description,
  children,
}: {
  readonly view: NodeView
  readonly name: ReactNode
  readonly description: string | undefined
  /** Buttons at the end. */
  readonly children?: ReactNode
}): ReactElement {
  return (
    <header className="flex items-start gap-2.5 border-b border-line px-3 pt-3 pb-2.5">
      <span className="mt-0.5 flex size-7 shrink-0 items-center justify-center rounded-md bg-sunken text-muted">
        <KindIcon name={view.icon} size={16} />
      </span>
      <div className="min-w-0 flex-1">
        {name}
        <p className="mt-0.5 line-clamp-3 text-xs text-muted">{description}</p>
      </div>
      {children}
    </header>
  )
}

import { Component, Suspense } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { Button } from '../theme/Button.tsx'

type Props = { readonly name: string; readonly children: ReactNode; readonly quiet?: boolean }

/** A panel that fails takes nothing else with it: the rest of the editor stays usable, the document is untouched. */
export class SlotBoundary extends Component<Props, { error: Error | null }> {
  override state: { error: Error | null } = { error: null }

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    const { name, quiet, children } = this.props
    if (error) return <Failed name={name} error={error} onRetry={() => this.setState({ error: null })} />
    return <Suspense fallback={quiet ? null : <Loading />}>{children}</Suspense>
  }
}

function Failed({
  name,
  error,
  onRetry,
}: {
  readonly name: string
  readonly error: Error
  readonly onRetry: () => void
}): ReactElement {
  return (
    <div role="alert" className="flex h-full flex-col items-start gap-2 overflow-auto p-3">
      <p className="font-medium text-bad">{name} could not be shown.</p>
      <p className="text-xs text-muted">{error.message}</p>
      <Button onClick={onRetry}>Try again</Button>
    </div>
  )
}

function Loading(): ReactElement {
  return <div className="p-3 text-xs text-faint">Loading…</div>
}

import { EdgeLabelRenderer } from '@xyflow/react'
import { useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { RunState } from '#src/ir/runState.ts'
import type { Facts } from '#src/ir/dataset.ts'
import { wireText } from '#src/store/wireText.ts'
import { useShownRun } from '../runs/useShownRun.ts'
import { useStores } from '../shell/useStores.ts'
import { useCanvas } from './CanvasContext.ts'

type Props = { readonly id: string; readonly x: number; readonly y: number }

/** What flows: shown while the wire is selected or under the pointer. */
export function WireLabel({ shown, ...place }: Props & { readonly shown: boolean }): ReactElement | null {
  const { hover } = useCanvas()
  const hovered = useSyncExternalStore(hover.subscribe, () => hover.edge() === place.id)
  return shown || hovered ? <Label {...place} /> : null
}

function Label({ id, x, y }: Props): ReactElement {
  const { editor } = useCanvas()
  const { facts } = useStores()
  const known = useSnapshot(facts.state)
  const { state } = useShownRun()
  const text = wireText(editor, id, { facts: known.facts as Facts, run: state as RunState | null })
  return (
    <EdgeLabelRenderer>
      <div className="tg-wire-label" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
        {text}
      </div>
    </EdgeLabelRenderer>
  )
}

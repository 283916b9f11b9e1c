/** The right-hand panel: edits whatever is selected. Generated from the kind's fields; no kind ships form code. */
import type { ReactElement } from 'react'
import { isRail } from '#src/graph/nested.ts'
import { useNodeView, useSelectedNode, useSelection } from '../shell/useEditor.ts'
import { DocumentPanel } from './DocumentPanel.tsx'
import { NodePanel } from './NodePanel.tsx'
import { RailPanel } from './RailPanel.tsx'
import { SeveralPanel } from './SeveralPanel.tsx'

export function Inspector(): ReactElement {
  const { nodes } = useSelection()
  const id = useSelectedNode()
  const view = useNodeView(id)
  if (view && isRail(view.rec.id)) return <RailPanel view={view} />
  if (view) return <NodePanel key={view.rec.id} view={view} />
  if (nodes.size > 1) return <SeveralPanel ids={[...nodes]} />
  return <DocumentPanel />
}

export default Inspector

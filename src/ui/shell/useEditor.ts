/** The editor that the components below belong to, and narrow subscriptions to it. No component subscribes to all nodes. */
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react'
import { useSnapshot } from 'valtio'
import type { Editor } from '#src/store/editor.ts'
import type { EdgeRec, NodeRec } from '#src/graph/model.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import type { Selection } from '#src/store/selection.ts'

export const EditorContext = createContext<Editor | null>(null)

export function useEditor(): Editor {
  const editor = useContext(EditorContext)
  if (!editor) throw new Error('this component is not inside an EditorContext')
  return editor
}

/** The node's record; renders again only when this node changes. */
export function useNode(id: string | null): NodeRec | null {
  const { doc } = useEditor()
  return useSyncExternalStore(
    useCallback((listener) => (id === null ? () => undefined : doc.subscribeNode(id, listener)), [doc, id]),
    () => (id === null ? null : (doc.get().nodes[id] ?? null)),
  )
}

/** What a card shows of the node: kind, parsed params, title, summary, ports. */
export function useNodeView(id: string | null): NodeView | null {
  const { doc, views } = useEditor()
  return useSyncExternalStore(
    useCallback((listener) => (id === null ? () => undefined : doc.subscribeNode(id, listener)), [doc, id]),
    () => (id === null ? null : views.of(doc.get(), id)),
  )
}

export function useEdge(id: string | null): EdgeRec | null {
  const { doc } = useEditor()
  return useSyncExternalStore(
    useCallback((listener) => (id === null ? () => undefined : doc.subscribeEdge(id, listener)), [doc, id]),
    () => (id === null ? null : (doc.get().edges[id] ?? null)),
  )
}

export function useSelection(): Selection {
  const { selection } = useEditor()
  return useSyncExternalStore(selection.subscribe, selection.get)
}

/** The one selected node, or null when none or several are. */
export function useSelectedNode(): string | null {
  const { selection } = useEditor()
  return useSyncExternalStore(selection.subscribe, () => {
    const { nodes } = selection.get()
    return nodes.size === 1 ? [...nodes][0]! : null
  })
}

export function useDocTitle(): string {
  const { doc } = useEditor()
  return useSyncExternalStore(doc.subscribe, () => doc.get().title)
}

/** Why the command cannot run now, or null; renders again when the document, who edits it, or the selection changes. */
export function useRefusal(command: string): string | null {
  const { commands, doc, documents, selection } = useEditor()
  const read = (): string | null => commands.refusal(command)
  useSnapshot(doc.state)
  void useSnapshot(documents.state).access
  useSyncExternalStore(selection.subscribe, selection.get)
  return read()
}

/** Undo, redo, delete, select: commands on whatever is selected. */
import type { EdgeId, NodeId } from '../../base/ids.ts'
import { isRail } from '../../graph/nested.ts'
import { disconnect, pruneAssets, removeNodes } from '../../graph/ops.ts'
import { downstream, upstream } from '../../graph/query.ts'
import type { Editor } from '../editor.ts'
import { NOTHING } from '../selection.ts'
import type { Command } from './command.ts'
import { plural, wireName } from './wording.ts'

export function deleteSelection(editor: Editor): void {
  const { edges } = editor.selection.get()
  const nodes = deletable(editor)
  const doc = editor.doc.get()
  const label =
    nodes.size > 0
      ? `Delete ${nodes.size === 1 ? `“${editor.views.of(doc, [...nodes][0]!)?.title ?? ''}”` : plural(nodes.size, 'node')}`
      : `Disconnect ${edges.size === 1 ? wireName(editor, [...edges][0]!) : plural(edges.size, 'wire')}`
  const change = editor.doc.transact(
    label,
    (draft) => {
      disconnect(draft, [...edges] as EdgeId[])
      removeNodes(draft, [...nodes] as NodeId[])
      if (nodes.size > 0) pruneAssets(draft)
    },
    { select: NOTHING },
  )
  if (!change) return
  const wires = change.edges.size
  editor.announce.say(nodes.size > 0 && wires > 0 ? `${label} and ${plural(wires, 'wire')}` : label)
}

/** What is selected, but for the cards that stand for a group's own ports. */
function deletable(editor: Editor): ReadonlySet<string> {
  return new Set([...editor.selection.get().nodes].filter((id) => !isRail(id)))
}

export function undo(editor: Editor): void {
  const change = editor.doc.undo()
  if (change) editor.announce.say(`Undone: ${change.label}`)
}

export function redo(editor: Editor): void {
  const change = editor.doc.redo()
  if (change) editor.announce.say(`Done again: ${change.label}`)
}

const nodesSelected = (editor: Editor): true | string => editor.selection.get().nodes.size > 0 || 'No node is selected'

function selectAlong(editor: Editor, walk: (id: string) => ReadonlySet<string>): void {
  const { nodes } = editor.selection.get()
  const all = new Set(nodes)
  for (const id of nodes) for (const other of walk(id)) all.add(other)
  editor.selection.setNodes(all)
  editor.announce.say(`${plural(all.size, 'node')} selected`)
}

export const editingCommands: readonly Command[] = [
  {
    id: 'edit.undo',
    title: 'Undo',
    group: 'Edit',
    scope: 'app',
    keys: ['Mod+Z'],
    when: ({ doc }) => doc.state.undoLabel !== null || 'There is nothing to undo',
    run: undo,
  },
  {
    id: 'edit.redo',
    title: 'Redo',
    group: 'Edit',
    scope: 'app',
    keys: ['Mod+Shift+Z', 'Mod+Y'],
    when: ({ doc }) => doc.state.redoLabel !== null || 'There is nothing to do again',
    run: redo,
  },
  {
    id: 'edit.delete',
    title: 'Delete',
    group: 'Edit',
    scope: 'editing',
    keys: ['Delete', 'Backspace'],
    when(editor) {
      const { nodes, edges } = editor.selection.get()
      if (nodes.size + edges.size === 0) return 'Nothing is selected'
      return deletable(editor).size + edges.size > 0 || 'The inputs and outputs of a group stay'
    },
    run: deleteSelection,
  },
  {
    id: 'select.all',
    title: 'Select all',
    group: 'Select',
    scope: 'editing',
    keys: ['Mod+A'],
    when: ({ doc }) => Object.keys(doc.get().nodes).length > 0 || 'The canvas is empty',
    run(editor) {
      const ids = Object.keys(editor.doc.get().nodes)
      editor.selection.setNodes(ids)
      editor.announce.say(`${plural(ids.length, 'node')} selected`)
    },
  },
  {
    id: 'select.none',
    title: 'Select nothing',
    group: 'Select',
    scope: 'editing',
    keys: ['Escape'],
    run(editor) {
      const { nodes, edges } = editor.selection.get()
      if (nodes.size + edges.size === 0 && editor.doc.state.level !== '') editor.commands.run('group.leave')
      else editor.selection.clear()
    },
  },
  {
    id: 'select.downstream',
    title: 'Select everything downstream',
    group: 'Select',
    scope: 'graph',
    keys: ['Shift+ArrowRight'],
    when: nodesSelected,
    run: (editor) => selectAlong(editor, (id) => downstream(editor.doc.get(), id)),
  },
  {
    id: 'select.upstream',
    title: 'Select everything upstream',
    group: 'Select',
    scope: 'graph',
    keys: ['Shift+ArrowLeft'],
    when: nodesSelected,
    run: (editor) => selectAlong(editor, (id) => upstream(editor.doc.get(), id)),
  },
  {
    id: 'select.connected',
    title: 'Select everything connected',
    group: 'Select',
    scope: 'editing',
    keys: ['Alt+S'],
    when: nodesSelected,
    run: (editor) =>
      selectAlong(editor, (id) => {
        const doc = editor.doc.get()
        return new Set([...upstream(doc, id), ...downstream(doc, id)])
      }),
  },
]

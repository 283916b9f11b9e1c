/** Copy, cut, paste, duplicate. The system clipboard carries JSON text, so it crosses tabs and can be sent to someone. */
import type { NodeId } from '../../base/ids.ts'
import { copyText, cornerOf, fragmentOf, parseFragment, paste } from '../../graph/fragment.ts'
import type { Fragment } from '../../graph/fragment.ts'
import { snapped } from '../cardGeometry.ts'
import type { Editor } from '../editor.ts'
import { importText } from '../importText.ts'
import { NOTHING } from '../selection.ts'
import type { Point } from '../surface.ts'
import type { Command } from './command.ts'
import { deleteSelection } from './editing.ts'
import { freePlace } from './nodes.ts'
import { plural } from './wording.ts'

/** Copies of the nodes, shifted, with the wires between them; the copies are selected. */
export function duplicateNodes(editor: Editor, ids: readonly string[], by: Point): void {
  const fragment = fragmentOf(editor.doc.get(), ids as readonly NodeId[])
  if (fragment.nodes.length > 0) addFragment(editor, fragment, by, 'Duplicate')
}

/** Text that is a part of a graph, a whole graph, or rows: goes where the pointer is. */
export function pasteText(editor: Editor, text: string): void {
  const read = parseFragment(text)
  if (!read.ok) {
    importText(editor, 'Pasted rows', text, read.error)
    return
  }
  const { fragment } = read.value
  const corner = cornerOf(fragment)
  const at = freePlace(editor, editor.viewport.pointer() ?? { x: corner.x + 32, y: corner.y + 32 })
  addFragment(editor, fragment, { x: snapped(at.x - corner.x), y: snapped(at.y - corner.y) }, 'Paste')
}

export async function copySelection(editor: Editor): Promise<boolean> {
  const ids = [...editor.selection.get().nodes] as NodeId[]
  const done = await editor.ports.clipboard.write(copyText(editor.doc.get(), ids))
  if (done) editor.announce.say(`${plural(ids.length, 'node')} copied`)
  else editor.announce.alert('The browser did not allow copying')
  return done
}

function addFragment(editor: Editor, fragment: Fragment, offset: Point, verb: 'Paste' | 'Duplicate'): void {
  const label = `${verb} ${plural(fragment.nodes.length, 'node')}`
  let added: readonly NodeId[] = []
  const change = editor.doc.transact(
    label,
    (draft) => void (added = paste(draft, fragment, editor.ids, offset).nodes),
    {
      select: () => ({ nodes: new Set(added), edges: NOTHING.edges }),
    },
  )
  if (change) editor.announce.say(label)
}

const nodesSelected = ({ selection }: Editor): true | string => selection.get().nodes.size > 0 || 'No node is selected'

export const clipboardCommands: readonly Command[] = [
  {
    id: 'edit.copy',
    title: 'Copy',
    group: 'Edit',
    scope: 'editing',
    keys: ['Mod+C'],
    when: nodesSelected,
    run: (editor) => void copySelection(editor),
  },
  {
    id: 'edit.cut',
    title: 'Cut',
    group: 'Edit',
    scope: 'editing',
    keys: ['Mod+X'],
    when: nodesSelected,
    // What could not be copied is not deleted.
    run: (editor) => void copySelection(editor).then((copied) => (copied ? deleteSelection(editor) : undefined)),
  },
  {
    id: 'edit.paste',
    title: 'Paste',
    group: 'Edit',
    scope: 'editing',
    keys: ['Mod+V'],
    run(editor, args) {
      if (typeof args['text'] === 'string') return pasteText(editor, args['text'])
      void editor.ports.clipboard.read().then((text) => {
        if (text === null) editor.announce.alert('The browser did not allow reading the clipboard')
        else pasteText(editor, text)
      })
    },
  },
  {
    id: 'edit.duplicate',
    title: 'Duplicate',
    group: 'Edit',
    scope: 'editing',
    keys: ['Mod+D'],
    when: nodesSelected,
    run: (editor) => duplicateNodes(editor, [...editor.selection.get().nodes], { x: 32, y: 32 }),
  },
]

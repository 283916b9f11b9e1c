/** Groups: what is inside one on the canvas, and back out again. Everything else edits whatever is shown. */
import { subscribe } from 'valtio/vanilla'
import { groupOf } from '../../graph/nested.ts'
import { levelAt } from '../../kinds/level.ts'
import type { Editor } from '../editor.ts'
import type { NodeView } from '../nodeView.ts'
import type { Command } from './command.ts'
import { nodeArg } from './running.ts'
import { nodeName, plural } from './wording.ts'

/** Shows what is inside a group, or with an empty path the whole document. False when there is no such group. */
export function openLevel(editor: Editor, path: string, select: readonly string[] = []): boolean {
  return editor.doc.open(path === '' ? null : levelAt(editor.registry, path), select)
}

/** What the node shows, wherever in the document it lies; null for one that is not there. */
export function viewAnywhere(
  { doc, registry, views }: Pick<Editor, 'doc' | 'registry' | 'views'>,
  id: string,
): NodeView | null {
  const group = groupOf(id)
  const drawing = group === '' ? doc.whole() : levelAt(registry, group).get(doc.whole())
  return drawing && views.of(drawing, id)
}

/** Where a person is: the groups that are open, outermost first, each with its title. */
export function openedGroups(editor: Editor): readonly { readonly path: string; readonly title: string }[] {
  const found: { readonly path: string; readonly title: string }[] = []
  for (let at = editor.doc.level(); at; at = at.outer) {
    const around = at.outer?.get(editor.doc.whole()) ?? editor.doc.whole()
    const rec = around.nodes[at.path]
    found.unshift({ path: at.path, title: rec ? editor.lens.name(rec) : at.path })
  }
  return found
}

/** A jump to a node that is not on the canvas opens the group that it lies in, or leaves the one that is open. */
export function followJumps(editor: Editor): () => void {
  const { state } = editor.surface
  let count = state.jump?.count ?? 0
  return subscribe(state, () => {
    const { jump } = state
    if (!jump || jump.count === count) return
    count = jump.count
    if (!editor.doc.get().nodes[jump.node]) openLevel(editor, groupOf(jump.node), [jump.node])
  })
}

function leaveTo(editor: Editor, path: string): void {
  const inner = editor.doc.state.level
  const from =
    path === ''
      ? inner.split('/')[0]!
      : inner
          .split('/')
          .slice(0, path.split('/').length + 1)
          .join('/')
  if (!openLevel(editor, path, [from])) return
  editor.announce.say(
    path === '' ? `Back in ${editor.doc.whole().title}` : `Back in “${openedGroups(editor).at(-1)!.title}”`,
  )
}

export const levelCommands: readonly Command[] = [
  {
    id: 'group.open',
    title: 'Open the group',
    group: 'View',
    scope: 'graph',
    keys: ['Enter'],
    when(editor, args) {
      const node = nodeArg(editor, args['node'])
      if (node === null) return 'Select one group'
      const level = levelAt(editor.registry, node)
      return level.get(editor.doc.whole()) !== null || 'It is no group that can be opened'
    },
    run(editor, args) {
      const path = nodeArg(editor, args['node'])!
      const title = nodeName(editor, path)
      if (!openLevel(editor, path)) return
      const inside = Object.keys(editor.doc.get().nodes).length - 2
      editor.announce.say(`Inside “${title}”: ${plural(inside, 'node')}. Escape goes back out.`)
    },
  },
  {
    id: 'group.leave',
    title: 'Leave the group',
    group: 'View',
    scope: 'editing',
    keys: ['U'],
    when: ({ doc }) => doc.state.level !== '' || 'No group is open',
    run: (editor, args) =>
      leaveTo(editor, typeof args['path'] === 'string' ? args['path'] : groupOf(editor.doc.state.level)),
  },
]

/** Documents and files: new, open, export, import. */
import type { DocId } from '../../base/ids.ts'
import type { Editor } from '../editor.ts'
import type { Command } from './command.ts'

export const filingCommands: readonly Command[] = [
  {
    id: 'file.new',
    title: 'New graph',
    group: 'File',
    scope: 'app',
    keys: ['Alt+N'],
    run: ({ documents }) => void documents.create(),
  },
  {
    id: 'file.documents',
    title: 'Open…',
    group: 'File',
    scope: 'app',
    keys: ['Mod+O'],
    run({ documents, surface }) {
      void documents.refresh()
      surface.openDialog('documents')
    },
  },
  {
    id: 'file.open',
    title: 'Open a graph of this browser',
    group: 'File',
    scope: 'app',
    keys: [],
    hidden: true,
    run: ({ documents }, args) => void documents.open(String(args['id']) as DocId),
  },
  {
    id: 'file.starter',
    title: 'Open an example',
    group: 'File',
    scope: 'app',
    keys: [],
    hidden: true,
    when: ({ documents }, args) =>
      documents.state.starters.some((s) => s.id === args['starter']) || 'There is no such example',
    run: ({ documents }, args) => void documents.openStarter(String(args['starter'])),
  },
  {
    id: 'file.duplicate',
    title: 'Duplicate this graph',
    group: 'File',
    scope: 'app',
    keys: [],
    run: (editor) => void duplicate(editor),
  },
  {
    id: 'file.rename',
    title: 'Rename this graph',
    group: 'File',
    scope: 'app',
    keys: [],
    run: ({ surface }) => void (surface.state.renamingDoc = true),
  },
]

async function duplicate({ documents, announce, doc }: Editor): Promise<void> {
  await documents.duplicate()
  announce.say(`Now editing ${doc.get().title}`)
}

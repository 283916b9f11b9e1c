/** Documents and files: new, open, export, import. */
import type { DocId } from '../../base/ids.ts'
import { serialiseDoc } from '../../graph/codec.ts'
import type { Editor } from '../editor.ts'
import { openFiles } from '../openFiles.ts'
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
    id: 'file.import',
    title: 'Import files…',
    group: 'File',
    scope: 'app',
    keys: ['Mod+Shift+O'],
    run: (editor) => void pickAndImport(editor),
  },
  {
    id: 'file.export',
    title: 'Export as a file',
    group: 'File',
    scope: 'app',
    keys: ['Mod+E'],
    run({ doc, ports, announce }) {
      const current = doc.get()
      const name = `${fileName(current.title)}.tunegraph.json`
      ports.download(name, serialiseDoc(current))
      announce.say(`Exported as ${name}`)
    },
  },
  {
    id: 'file.version',
    title: 'Keep this version',
    group: 'File',
    scope: 'app',
    keys: ['Mod+S'],
    run: (editor, args) => void keepVersion(editor, typeof args['name'] === 'string' ? args['name'] : null),
  },
  {
    id: 'file.delete',
    title: 'Delete this graph…',
    group: 'File',
    scope: 'app',
    keys: [],
    when: ({ documents }) => documents.refusal() ?? true,
    run: ({ surface, doc }) => surface.openDialog('deleteDocument', { id: doc.get().id }),
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
    when: ({ documents }) => documents.refusal() ?? true,
    run: ({ surface }) => void (surface.state.renamingDoc = true),
  },
]

async function pickAndImport(editor: Editor): Promise<void> {
  const files = await editor.ports.pickFiles('.json,.jsonl,.ndjson,.csv,.tsv,.yaml,.yml')
  await openFiles(editor, files, null)
}

async function keepVersion({ documents, announce, doc, now }: Editor, name: string | null): Promise<void> {
  await documents.flush()
  const when = new Date(now()).toISOString().slice(0, 16).replace('T', ' ')
  const failed = await documents.keepVersion(name ?? when)
  if (failed) announce.alert(failed.message)
  else announce.say(`Version of ${doc.get().title} kept`)
}

/** Letters, digits and dashes: the same name on every system. */
function fileName(title: string): string {
  const plain = title
    .normalize('NFKD')
    .replace(/[^\w\s-]/g, ' ')
    .trim()
    .replace(/\s+/g, '-')
    .toLowerCase()
  return plain || 'graph'
}

async function duplicate({ documents, announce, doc }: Editor): Promise<void> {
  await documents.duplicate()
  announce.say(`Now editing ${doc.get().title}`)
}

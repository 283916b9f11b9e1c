/** From weights back to the drawing. */
import type { DocId } from '../../base/ids.ts'
import type { Command } from './command.ts'

export const lineageCommands: readonly Command[] = [
  {
    id: 'lineage.find',
    title: 'Find the graph of a checkpoint…',
    group: 'File',
    scope: 'app',
    keys: [],
    run: ({ surface }) => surface.openDialog('lineage'),
  },
  {
    id: 'file.openVersion',
    title: 'Open a graph as it was',
    group: 'File',
    scope: 'app',
    keys: [],
    hidden: true,
    run({ documents, announce, doc }, args) {
      void documents.openVersion(String(args['id']) as DocId, Number(args['at'])).then((opened) => {
        if (opened) announce.say(`Now editing ${doc.get().title}`)
        else announce.alert(documents.state.problem?.message ?? 'It could not be opened')
      })
    },
  },
]

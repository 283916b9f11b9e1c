/** An editor for a page that has nothing but a canvas. */
import { countingIds } from '#src/base/ids.ts'
import type { DocId } from '#src/base/ids.ts'
import { parseDoc, readDoc } from '#src/graph/codec.ts'
import { createStorage } from '#src/persist/storage.ts'
import type { GraphDoc } from '#src/graph/model.ts'
import { NO_FACTS } from '#src/ir/dataset.ts'
import type { Registry } from '#src/kinds/registry.ts'
import type { createCompileService } from '#src/services/compileService.ts'
import type { Command } from '#src/store/commands/command.ts'
import { createEditor } from '#src/store/editor.ts'
import type { Editor } from '#src/store/editor.ts'
import { createDocuments } from '#src/store/documents.ts'
import { createPrefs } from '#src/store/prefs.ts'

export function composeEditor(
  registry: Registry,
  doc: GraphDoc,
  compiling: ReturnType<typeof createCompileService>,
  commands: readonly Command[],
): Editor {
  const ids = countingIds()
  const now = (): number => Date.now()
  const later = (task: () => void, ms: number): (() => void) => {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  }
  return createEditor({
    registry,
    doc,
    ids,
    now,
    platform: 'other',
    prefs: createPrefs({ read: () => null, write: () => undefined }),
    documents: (store) =>
      createDocuments({
        storage: createStorage(),
        doc: store,
        ids,
        now,
        later,
        starters: [],
        parse: parseDoc,
        revive: (raw) => readDoc(raw, 'd' as DocId),
      }),
    compile: (current) => compiling.compile(current, NO_FACTS),
    later,
    ports: {
      clipboard: { read: async () => null, write: async () => true },
      layout: null,
      download: () => undefined,
      pickFiles: async () => [],
    },
    commands,
  })
}

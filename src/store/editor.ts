/** The parts of an editor and how they are put together. Not a thing with methods: rooms take the parts that they need. */
import type { IdSource } from '../base/ids.ts'
import type { GraphDoc } from '../graph/model.ts'
import { beside } from '../graph/nested.ts'
import type { KindLens } from '../kinds/lens.ts'
import { lensOf } from '../kinds/lens.ts'
import type { Registry } from '../kinds/registry.ts'
import type { LayoutService } from '../services/layoutService.ts'
import { createAnnouncer } from './announcer.ts'
import type { Announcer } from './announcer.ts'
import { createCommands } from './commands/command.ts'
import type { Command, CommandTable } from './commands/command.ts'
import type { Documents } from './documents.ts'
import { createHighlight } from './highlight.ts'
import type { Highlight } from './highlight.ts'
import { createDocStore } from './doc.ts'
import type { DocStore } from './doc.ts'
import type { Platform } from './keymap.ts'
import { createNodeViews } from './nodeView.ts'
import type { NodeViews } from './nodeView.ts'
import { followers } from './parameters.ts'
import type { Prefs } from './prefs.ts'
import type { Problems } from './problems.ts'
import { createProblems } from './problems.ts'
import type { CompileDoc } from './problems.ts'
import { createSelection } from './selection.ts'
import type { SelectionStore } from './selection.ts'
import { createSurface } from './surface.ts'
import type { Surface } from './surface.ts'
import { createViewport } from './viewport.ts'
import type { Viewport } from './viewport.ts'

export type Editor = {
  readonly registry: Registry
  readonly lens: KindLens
  /** Fresh ids for what is put into the drawing that is shown. */
  readonly ids: IdSource
  readonly platform: Platform
  readonly now: () => number
  readonly doc: DocStore
  readonly selection: SelectionStore
  readonly views: NodeViews
  readonly documents: Documents
  readonly problems: Problems
  readonly prefs: Prefs
  readonly surface: Surface
  readonly highlight: Highlight
  readonly viewport: Viewport
  readonly announce: Announcer
  readonly commands: CommandTable
  readonly ports: EditorPorts
}

/** What the editor asks of the world around it. */
export type EditorPorts = {
  readonly clipboard: { read(): Promise<string | null>; write(text: string): Promise<boolean> }
  /** Places for cards of these nodes, from the layout worker. */
  readonly layout: Pick<LayoutService, 'layout' | 'problem'> | null
  /** Gives the text to the person as a file. */
  download(name: string, text: string): void
  /** Asks the person for files. */
  pickFiles(accept: string): Promise<readonly File[]>
}

export type EditorDeps = {
  readonly registry: Registry
  readonly doc: GraphDoc
  readonly ids: IdSource
  readonly now: () => number
  readonly platform: Platform
  readonly prefs: Prefs
  readonly documents: (doc: DocStore) => Documents
  readonly compile: CompileDoc | null
  /** Runs the task after `ms` of quiet. Returns the cancel. */
  readonly later: (task: () => void, ms: number) => () => void
  readonly ports: EditorPorts
  readonly commands: readonly Command[]
}

export function createEditor(deps: EditorDeps): Editor {
  const selection = createSelection()
  const announce = createAnnouncer()
  const doc = createDocStore(
    deps.doc,
    selection,
    deps.now,
    (reason) => announce.alert(reason),
    (before, after, touched) => followers(deps.registry, before, after, touched),
  )
  // An open group has cards of kinds that no document knows.
  const registry: Registry = {
    all: deps.registry.all,
    get: (kind) => deps.registry.get(kind) ?? doc.level()?.kinds.get(kind),
  }
  const editor: Editor = {
    registry,
    lens: lensOf(registry),
    ids: (prefix) => beside(`${doc.state.level}/`, deps.ids(prefix)),
    platform: deps.platform,
    now: deps.now,
    doc,
    selection,
    views: createNodeViews(registry, doc.whole),
    documents: deps.documents(doc),
    problems: createProblems(doc, deps.compile, deps.later),
    prefs: deps.prefs,
    surface: createSurface(),
    highlight: createHighlight(),
    viewport: createViewport(),
    announce,
    commands: createCommands(() => editor, deps.commands),
    ports: deps.ports,
  }
  return editor
}

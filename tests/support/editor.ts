/** A headless editor: real graph, kinds, store, commands and gestures; a clock and ids that tests can foresee. */
import 'fake-indexeddb/auto'
import { createDefaultRegistry } from '#nodes/index.ts'
import { countingIds } from '#src/base/ids.ts'
import type { DocId, IdSource, NodeId } from '#src/base/ids.ts'
import { parseDoc, readDoc } from '#src/graph/codec.ts'
import { emptyDoc } from '#src/graph/model.ts'
import type { GraphDoc, NodeRec, PortRef } from '#src/graph/model.ts'
import { NO_FACTS } from '#src/ir/dataset.ts'
import type { Facts } from '#src/ir/dataset.ts'
import type { Locks } from '#src/persist/runLocks.ts'
import { createStorage } from '#src/persist/storage.ts'
import type { Storage } from '#src/persist/storage.ts'
import { createCompileService } from '#src/services/compileService.ts'
import type { LayoutRequest } from '#src/services/layoutService.ts'
import { editorCommands } from '#src/store/commands/index.ts'
import { laterCommands } from '#src/store/commands/later.ts'
import { insertNode } from '#src/store/commands/nodes.ts'
import { createDocuments } from '#src/store/documents.ts'
import type { Starter } from '#src/store/documents.ts'
import { createEditor } from '#src/store/editor.ts'
import type { Editor } from '#src/store/editor.ts'
import { createKeymap, parseChord } from '#src/store/keymap.ts'
import type { FocusPlace, KeyPress } from '#src/store/keymap.ts'
import { createPrefs } from '#src/store/prefs.ts'
import type { Point } from '#src/store/surface.ts'
import type { CanvasSession } from '#src/ui/canvas/session.ts'
import { createCanvasSession } from '#src/ui/canvas/session.ts'
import type { PortEnd } from '#src/ui/canvas/gestures/wireGesture.ts'
import { portPoint } from '#src/ui/canvas/gestures/wireGesture.ts'

export type Keys = { readonly shift?: boolean; readonly alt?: boolean; readonly mod?: boolean }

export type TestEditor = {
  readonly editor: Editor
  readonly session: CanvasSession
  readonly doc: () => GraphDoc
  readonly selected: () => readonly string[]
  /** What people were told, newest last. */
  readonly said: () => readonly string[]
  readonly clipboard: { text: string | null }
  readonly downloads: { readonly name: string; readonly text: string }[]
  readonly layouts: LayoutRequest[]
  /** Puts a node of the kind on the canvas. */
  add(kind: string, at?: Point, title?: string): NodeId
  node(id: string): NodeRec
  port(node: string, port: string, direction: 'in' | 'out'): PortEnd
  /** Places of a port's middle. */
  at(end: PortEnd): Point
  /** Drags a card (and everything selected with it) by so much, in several moves. */
  drag(id: string, by: Point, keys?: Keys): void
  /** Takes hold of a card and moves it, without letting go. */
  hold(id: string, by: Point, keys?: Keys): void
  letGo(): void
  click(id: string, keys?: Keys): void
  /** Drags a wire from a port to another port or to a place. */
  dropWire(from: PortEnd, to: PortEnd | Point): void
  connect(from: PortRef, to: PortRef): void
  /** `Mod+Shift+Z`, or several after another: `A L`. */
  press(keys: string, place?: FocusPlace): void
  /** Lets time pass, and everything happen that was planned for it. */
  wait(ms: number): void
  /** Lets promises settle. */
  settle(): Promise<void>
}

let databases = 0

export function createTestEditor(
  options: {
    readonly doc?: GraphDoc
    readonly ids?: IdSource
    readonly starters?: readonly Starter[]
    readonly facts?: Facts
    /** Two editors with the same storage, locks and channel are two tabs of one browser. */
    readonly tab?: { readonly storage: Storage; readonly locks: Locks; readonly channel: BroadcastChannel }
  } = {},
): TestEditor {
  const registry = createDefaultRegistry()
  const ids = options.ids ?? countingIds()
  const clock = createClock()
  const clipboard: { text: string | null } = { text: null }
  const downloads: { name: string; text: string }[] = []
  const layouts: LayoutRequest[] = []
  const said: string[] = []
  const compiling = createCompileService(registry)
  const storage = options.tab?.storage ?? createStorage({ name: `editor-${++databases}` })
  const editor = createEditor({
    registry,
    doc: options.doc ?? emptyDoc('d_test' as DocId),
    ids,
    now: clock.now,
    platform: 'other',
    prefs: createPrefs({ read: () => null, write: () => undefined }),
    documents: (doc) =>
      createDocuments({
        storage,
        doc,
        ids,
        now: clock.now,
        later: clock.later,
        starters: options.starters ?? [],
        ...(options.tab ? { locks: options.tab.locks, channel: options.tab.channel } : {}),
        parse: parseDoc,
        revive: (raw) => readDoc(raw, ids<'DocId'>('d')),
      }),
    compile: (doc) => compiling.compile(doc, options.facts ?? NO_FACTS),
    later: clock.later,
    ports: {
      clipboard: {
        read: () => Promise.resolve(clipboard.text),
        write(text) {
          clipboard.text = text
          return Promise.resolve(true)
        },
      },
      layout: {
        layout(request) {
          layouts.push(request)
          return Promise.resolve(new Map(request.nodes.map((n, i) => [n.id, { x: i * 400, y: 0 }])))
        },
        problem: () => null,
      },
      download: (name, text) => void downloads.push({ name, text }),
      pickFiles: () => Promise.resolve([]),
    },
    commands: [...editorCommands, ...laterCommands],
  })
  const { say, alert } = editor.announce
  Object.assign(editor.announce, {
    say: (text: string) => (said.push(text), say(text)),
    alert: (text: string) => (said.push(text), alert(text)),
  })
  const session = createCanvasSession(editor, {
    of: () => null,
    subscribe: () => () => undefined,
    start: () => () => undefined,
  })
  session.model.start()
  const keymap = createKeymap(() => editor.commands.all, 'other')
  const world = () => ({ doc: editor.doc.get(), lens: editor.lens, views: editor.views })

  const keysOf = (keys: Keys = {}) => ({
    shiftKey: keys.shift ?? false,
    altKey: keys.alt ?? false,
    ctrlKey: keys.mod ?? false,
    metaKey: false,
  })
  const pressOn = (id: string, keys: Keys): void => {
    session.noteKeys(keysOf(keys))
    const { nodes } = editor.selection.get()
    if (keys.shift) {
      session.onNodesChange([{ type: 'select', id, selected: !nodes.has(id) }])
    } else if (!nodes.has(id)) {
      session.onNodesChange([...nodes].map((other) => ({ type: 'select', id: other, selected: false })))
      session.onEdgesChange([...editor.selection.get().edges].map((e) => ({ type: 'select', id: e, selected: false })))
      session.onNodesChange([{ type: 'select', id, selected: true }])
    }
  }

  const test: TestEditor = {
    editor,
    session,
    doc: () => editor.doc.get(),
    selected: () => [...editor.selection.get().nodes].sort(),
    said: () => said,
    clipboard,
    downloads,
    layouts,
    add(kind, at = { x: 0, y: 0 }, title = '') {
      const id = insertNode(editor, kind, { at, title })
      if (!id) throw new Error(`no kind ${kind}`)
      return id
    },
    node: (id) => editor.doc.get().nodes[id]!,
    port: (node, port, direction) => ({ ref: { node: node as NodeId, port }, direction }),
    at(end) {
      const point = portPoint(world(), end)
      if (!point) throw new Error(`no port ${end.ref.port} at ${end.ref.node}`)
      return point
    },
    drag(id, by, keys = {}) {
      test.hold(id, by, keys)
      test.letGo()
    },
    hold(id, by, keys = {}) {
      pressOn(id, keys.shift ? {} : keys)
      const moved = [...editor.selection.get().nodes]
      const lead = [id, ...moved.filter((other) => other !== id)]
      session.onMoveStart(
        undefined as never,
        undefined as never,
        lead.map((n) => ({ id: n }) as never),
      )
      session.noteKeys(keysOf(keys))
      const start = test.node(id).position
      for (const part of [0.25, 0.5, 0.75, 1]) {
        session.onNodesChange(
          lead.map((n) => ({
            type: 'position',
            id: n,
            dragging: true,
            position: { x: start.x + by.x * part, y: start.y + by.y * part },
          })),
        )
      }
    },
    letGo: () => session.onMoveStop(),
    click: (id, keys = {}) => pressOn(id, keys),
    dropWire(from, to) {
      session.beginWire(from, 'drag')
      const goal = 'ref' in to ? test.at(to) : to
      session.moveWire(goal, false)
      session.dropWire()
    },
    connect: (from, to) => test.dropWire({ ref: from, direction: 'out' }, { ref: to, direction: 'in' }),
    press(keys, place = 'graph') {
      for (const text of keys.split(' ')) {
        const found = keymap.press(keyPress(text), place, clock.now())
        if (found !== null && found !== 'pending') editor.commands.run(found.id)
      }
    },
    wait: clock.advance,
    async settle() {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    },
  }
  return test
}

export function keyPress(text: string): KeyPress {
  const chord = parseChord(text)
  const code = /^[a-z]$/i.test(chord.key) ? `Key${chord.key.toUpperCase()}` : chord.key
  return {
    key: chord.key.length === 1 && !chord.shift ? chord.key.toLowerCase() : chord.key,
    code,
    ctrlKey: chord.mod,
    metaKey: false,
    altKey: chord.alt,
    shiftKey: chord.shift,
  }
}

function createClock(): {
  now: () => number
  later: (task: () => void, ms: number) => () => void
  advance: (ms: number) => void
} {
  let time = 1_700_000_000_000
  let planned: { readonly at: number; readonly task: () => void }[] = []
  return {
    now: () => time,
    later(task, ms) {
      const plan = { at: time + ms, task }
      planned.push(plan)
      return () => void (planned = planned.filter((p) => p !== plan))
    },
    advance(ms) {
      const end = time + ms
      for (;;) {
        const next = planned.filter((p) => p.at <= end).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        planned = planned.filter((p) => p !== next)
        time = next.at
        next.task()
      }
      time = end
    },
  }
}

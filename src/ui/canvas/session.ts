/** One mounted canvas: the flow model, the gestures in progress, and what they commit. No React here. */
import type { EdgeChange, NodeChange, OnNodeDrag, ReactFlowInstance } from '@xyflow/react'
import type { EdgeId } from '#src/base/ids.ts'
import { railId } from '#src/graph/nested.ts'
import { connectPorts, disconnectWires, moveWires } from '#src/store/commands/wiring.ts'
import { duplicateNodes } from '#src/store/commands/clipboardCommands.ts'
import { placeNodes } from '#src/store/commands/placing.ts'
import { plural } from '#src/store/commands/wording.ts'
import type { CardStates } from '#src/store/cardStates.ts'
import type { Editor } from '#src/store/editor.ts'
import type { Point } from '#src/store/surface.ts'
import { motion } from './motion.ts'
import { createHover } from './hover.ts'
import { createFlowModel } from './flowModel.ts'
import type { FlowEdge, FlowModel, FlowNode } from './flowModel.ts'
import { boxMode, boxSelection } from './gestures/boxGesture.ts'
import type { BoxMode } from './gestures/boxGesture.ts'
import { beginMove, cancelMove, hasMoved, moveBy, places } from './gestures/moveGesture.ts'
import type { MoveState } from './gestures/moveGesture.ts'
import {
  IDLE,
  SNAP_RADIUS,
  SNAP_RADIUS_COARSE,
  aimPull,
  dropPull,
  fittingPorts,
  movePull,
  pull,
  sameEnd,
} from './gestures/wireGesture.ts'
import type { PortEnd, Pull, WireState, WireWorld } from './gestures/wireGesture.ts'
import type { Selection } from '#src/store/selection.ts'

export type Flow = ReactFlowInstance<FlowNode, FlowEdge>

type Keys = { shiftKey: boolean; altKey: boolean; ctrlKey: boolean; metaKey: boolean }

export type CanvasSession = ReturnType<typeof createCanvasSession>

export function createCanvasSession(editor: Editor, cardStates: CardStates) {
  const model: FlowModel = createFlowModel(editor)
  const wireListeners = new Set<() => void>()
  let wire: WireState = IDLE
  /** All wires of the anchor's port follow the hand (Ctrl-drag). */
  let bundle: PortEnd | null = null
  let move: MoveState | null = null
  let box: { readonly mode: BoxMode; readonly before: Selection } | null = null
  let pressed: { readonly selection: Selection; readonly keys: Keys } | null = null
  let keys: Keys = { shiftKey: false, altKey: false, ctrlKey: false, metaKey: false }
  let flow: Flow | null = null

  const world = (): WireWorld => ({ doc: editor.doc.get(), lens: editor.lens, views: editor.views })

  function setWire(next: WireState): void {
    if (next === wire) return
    wire = next
    for (const listener of [...wireListeners]) listener()
  }

  function finishWire(): void {
    if (wire.phase !== 'pulling') return
    const state = wire
    const all = bundle
    setWire(IDLE)
    bundle = null
    if (all) {
      const to = state.target?.end
      if (to && to.direction === all.direction) moveWires(editor, all.ref, all.direction, to.ref)
      return
    }
    const outcome = dropPull(state)
    switch (outcome.do) {
      case 'connect':
        connectPorts(editor, outcome.a, outcome.b, outcome.moved)
        return
      case 'disconnect':
        disconnectWires(editor, [outcome.edge])
        return
      case 'refuse':
        editor.announce.alert(outcome.why.message)
        return
      case 'ask':
        if (onRail(outcome.from, outcome.at)) return
        editor.surface.state.quickAdd = {
          flow: outcome.at,
          screen: editor.viewport.toScreen(outcome.at),
          wire: { from: outcome.from.ref, direction: outcome.from.direction },
        }
        return
      case 'nothing':
        return
    }
  }

  return {
    model,
    editor,
    cardStates,
    hover: createHover(),
    attach(next: Flow): void {
      flow = next
    },
    flow: () => flow,

    /** Last keys seen with a pointer event: drags of the library do not hand them on. */
    noteKeys(event: Keys): void {
      keys = { shiftKey: event.shiftKey, altKey: event.altKey, ctrlKey: event.ctrlKey, metaKey: event.metaKey }
    },
    /** Before the library reacts to a press it clears the selection; a box that adds needs to know what it was. */
    notePress(event: Keys): void {
      pressed = { selection: editor.selection.get(), keys: { ...event } }
    },

    onNodesChange(changes: NodeChange<FlowNode>[]): void {
      const selected = new Map<string, boolean>()
      for (const change of changes) {
        if (change.type === 'select') selected.set(change.id, change.selected)
        if (change.type === 'position' && change.position && move) {
          const start = move.start.get(change.id)
          if (start && change.id === move.start.keys().next().value) {
            const raw = { x: change.position.x - start.x, y: change.position.y - start.y }
            const modifiers = { shift: keys.shiftKey, mod: editor.platform === 'mac' ? keys.metaKey : keys.ctrlKey }
            move = moveBy(move, raw, modifiers, editor.prefs.snap)
          }
        }
      }
      // While a box grows its own computation decides: it knows what adding and subtracting mean.
      if (selected.size > 0 && !box) select(selected, 'nodes')
      if (move && changes.some((c) => c.type === 'position')) model.preview(places(move))
    },
    onEdgesChange(changes: EdgeChange<FlowEdge>[]): void {
      const selected = new Map<string, boolean>()
      for (const change of changes) if (change.type === 'select') selected.set(change.id, change.selected)
      if (selected.size > 0 && !box) select(selected, 'edges')
    },

    onMoveStart: ((_event, _node, nodes) => {
      motion.begin()
      const doc = editor.doc.get()
      move = beginMove(new Map(nodes.flatMap((n) => (doc.nodes[n.id] ? [[n.id, doc.nodes[n.id]!.position]] : []))))
    }) satisfies OnNodeDrag<FlowNode>,
    onMoveStop(): void {
      if (!move) return
      const done = move
      move = null
      motion.end()
      if (hasMoved(done)) {
        if (keys.altKey) duplicateNodes(editor, [...done.start.keys()], done.delta)
        else placeNodes(editor, `Move ${plural(done.start.size, 'node')}`, places(done))
      }
      model.clearPreview()
    },
    moving: () => move !== null,

    onBoxStart(): void {
      const before = pressed?.selection ?? editor.selection.get()
      box = { mode: boxMode(pressed?.keys ?? keys), before }
      editor.selection.set(boxSelection(box.mode, before, new Set()))
    },
    /** `area` in canvas coordinates. A card counts when the box touches it. */
    onBoxMove(area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }): void {
      if (!box) return
      const inside = model.nodes().filter((n) => {
        const { x, y } = n.position
        const clear = x > area.x + area.width || y > area.y + area.height
        return !clear && x + (n.width ?? 0) >= area.x && y + (n.height ?? 0) >= area.y
      })
      editor.selection.set(boxSelection(box.mode, box.before, new Set(inside.map((n) => n.id))))
    },
    onBoxEnd(): void {
      box = null
      const count = editor.selection.get().nodes.size
      if (count > 0) editor.announce.say(`${plural(count, 'node')} selected`)
    },

    wire: (): WireState => wire,
    subscribeWire(listener: () => void): () => void {
      wireListeners.add(listener)
      return () => wireListeners.delete(listener)
    },
    /** Begins to pull a wire. `edge`: the wire whose other end stays at `anchor`. */
    beginWire(anchor: PortEnd, how: Pull['how'], edge: EdgeId | null = null): void {
      bundle = null
      setWire(pull(world(), anchor, how, edge))
      if (how !== 'drag') editor.announce.say('Pulling a wire. Choose a port, or Escape.')
    },
    /** All wires of this port move together to another port of the same side. */
    beginBundle(port: PortEnd): void {
      bundle = port
      setWire(pull(world(), port, 'drag'))
    },
    moveWire(pointer: Point, coarse: boolean): void {
      if (wire.phase !== 'pulling') return
      const radius = (coarse ? SNAP_RADIUS_COARSE : SNAP_RADIUS) / (flow?.getZoom() ?? 1)
      setWire(movePull(world(), wire, pointer, radius))
    },
    /** With keys: the next or previous port that takes the wire. */
    walkWire(step: 1 | -1): void {
      if (wire.phase !== 'pulling') return
      const state = wire
      const all = fittingPorts(world(), state)
      if (all.length === 0) {
        editor.announce.alert('No port here takes this wire')
        return
      }
      const target = state.target?.end
      const now = target ? all.findIndex((t) => sameEnd(t.end, target)) : -1
      const next = all[now < 0 ? 0 : (now + step + all.length) % all.length]!
      setWire(aimPull(world(), state, next.end))
      editor.viewport.reveal(next.end.ref.node)
      const view = editor.views.of(editor.doc.get(), next.end.ref.node)
      const port = view?.geometry.ports.find((p) => p.port.key === next.end.ref.port)?.port
      editor.announce.say(`${view?.title ?? ''}, ${port?.label ?? ''}, ${all.indexOf(next) + 1} of ${all.length}`)
    },
    dropWire: finishWire,
    cancelWire(): boolean {
      const active = wire.phase === 'pulling'
      bundle = null
      setWire(IDLE)
      return active
    },
    /** Escape: drops whatever is in the hand. True when there was something. */
    cancelGesture(): boolean {
      if (this.cancelWire()) return true
      if (!move || move.cancelled) return false
      move = cancelMove(move)
      model.clearPreview()
      editor.announce.say('Move cancelled')
      return true
    },
  }

  /** A wire that is dropped on the card of the group's inputs or outputs makes its port one of the group. */
  function onRail({ ref, direction }: PortEnd, { x, y }: Point): boolean {
    const rail = model.nodes().find(({ id }) => id === railId(editor.doc.state.level, direction))
    const left = x - (rail?.position.x ?? Infinity)
    const top = y - (rail?.position.y ?? Infinity)
    if (!rail || left < 0 || top < 0 || left > (rail.width ?? 0) || top > (rail.height ?? 0)) return false
    editor.commands.run('group.addPort', { ref, direction })
    return true
  }

  function select(changes: ReadonlyMap<string, boolean>, what: 'nodes' | 'edges'): void {
    const now = editor.selection.get()
    const next = new Set(now[what])
    for (const [id, on] of changes) {
      if (on) next.add(id)
      else next.delete(id)
    }
    editor.selection.set({ ...now, [what]: next })
  }
}

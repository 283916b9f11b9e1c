/**
 * Keys inside the graph: arrows walk along wires and between neighbours, Enter goes into a card's ports, Escape out. Enter
 * opens a group; Space, which selects a card, goes into the ports of one that is selected, also of a group.
 */
import type { KeyboardEvent } from 'react'
import type { CanvasSession } from './session.ts'
import { neighbour, portNeighbour } from './walk.ts'
import type { Direction } from './walk.ts'
import type { PortEnd } from './gestures/wireGesture.ts'

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}

export function graphKeys(session: CanvasSession, event: KeyboardEvent<HTMLElement>): void {
  const target = event.target as HTMLElement
  if (target.closest('input, textarea, select, [contenteditable]')) return
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
  const handled = session.wire().phase === 'pulling' ? wireKey(session, event.key) : walkKey(session, event.key, target)
  if (!handled) return
  event.preventDefault()
  event.stopPropagation()
}

function wireKey(session: CanvasSession, key: string): boolean {
  if (key === 'ArrowDown' || key === 'ArrowRight') session.walkWire(1)
  else if (key === 'ArrowUp' || key === 'ArrowLeft') session.walkWire(-1)
  else if (key === 'Enter' || key === ' ') session.dropWire()
  else return false
  return true
}

function walkKey(session: CanvasSession, key: string, target: HTMLElement): boolean {
  const { editor } = session
  const port = target.closest<HTMLElement>('[data-port]')
  const card = target.closest<HTMLElement>('[data-card]')?.dataset['card'] ?? null
  const direction = ARROWS[key]
  if (port && card) return portKey(session, key, port, card)
  if (direction) {
    const current = card ?? [...editor.selection.get().nodes][0] ?? null
    const next = neighbour(editor, current, direction)
    if (next === null) {
      editor.announce.say('Nothing there')
      return true
    }
    goTo(session, next)
    return true
  }
  if (key === 'Enter' && card) {
    if (editor.commands.refusal('group.open', { node: card }) !== null) return intoPorts(card)
    editor.commands.run('group.open', { node: card })
    return true
  }
  if (key === ' ' && card) {
    const { nodes } = editor.selection.get()
    if (nodes.size === 1 && nodes.has(card)) return intoPorts(card)
    editor.selection.setNodes([card])
    return true
  }
  return false
}

function intoPorts(card: string): boolean {
  const first = document.getElementById(`card-${card}`)?.querySelector<HTMLElement>('[data-port]')
  first?.focus({ preventScroll: true })
  return first !== undefined && first !== null
}

function portKey(session: CanvasSession, key: string, port: HTMLElement, card: string): boolean {
  const { editor } = session
  const direction = ARROWS[key]
  if (key === 'Escape') {
    editor.viewport.focus(card)
    return true
  }
  if (direction) {
    portNeighbour(port, direction)?.focus({ preventScroll: true })
    return true
  }
  if (key === 'Enter' || key === ' ') {
    const view = editor.views.of(editor.doc.get(), card)
    if (!view) return true
    const end: PortEnd = {
      ref: { node: view.rec.id, port: port.dataset['port']! },
      direction: port.dataset['direction'] === 'in' ? 'in' : 'out',
    }
    session.beginWire(end, 'keys')
    session.walkWire(1)
    return true
  }
  return false
}

/** Selects the node, brings it into sight, and focuses its card once it is mounted. */
export function goTo(session: CanvasSession, id: string): void {
  const { editor } = session
  editor.selection.setNodes([id])
  editor.viewport.reveal(id)
  editor.viewport.focus(id)
  if (document.activeElement?.id !== `card-${id}`) {
    // It was out of sight and is mounted with the next frames.
    requestAnimationFrame(() => requestAnimationFrame(() => editor.viewport.focus(id)))
  }
}

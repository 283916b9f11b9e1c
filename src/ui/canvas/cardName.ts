/** Names of cards and ports for assistive technology. */
import type { PlacedPort } from '#src/store/cardGeometry.ts'
import { plural } from '#src/store/commands/wording.ts'
import type { Editor } from '#src/store/editor.ts'
import { edgesInto, edgesOutOf } from '#src/graph/query.ts'
import type { NodeView } from '#src/store/nodeView.ts'

/** “Trainer ‘SFT’, 2 of 3 inputs connected, 1 problem”. */
export function cardName(editor: Editor, view: NodeView): string {
  const doc = editor.doc.get()
  const inputs = view.geometry.ports.filter((p) => p.port.direction === 'in')
  const wired = inputs.filter((p) => edgesInto(doc, view.rec.id, p.port.key).length > 0).length
  const problems = editor.problems.ofNode(view.rec.id).length
  const kind = view.title === view.kindTitle ? '' : ` (${view.kindTitle})`
  return [
    `${view.title}${kind}`,
    ...(view.kind ? [] : ['kind not installed']),
    ...(view.rec.mode === undefined ? [] : [view.rec.mode === 'mute' ? 'muted' : 'bypassed']),
    ...(view.rec.pin === undefined ? [] : ['pinned']),
    ...(inputs.length > 0 ? [`${wired} of ${plural(inputs.length, 'input')} connected`] : []),
    ...(problems > 0 ? [plural(problems, 'problem')] : []),
  ].join(', ')
}

/** “input Dataset, required, not connected”, “output Policy, connected to RL trainer”. */
export function portAriaName(editor: Editor, node: string, placed: PlacedPort): string {
  const doc = editor.doc.get()
  const { port } = placed
  const edges = port.direction === 'in' ? edgesInto(doc, node, port.key) : edgesOutOf(doc, node, port.key)
  const others = edges.map((e) => {
    const other = doc.nodes[port.direction === 'in' ? e.from.node : e.to.node]
    return other ? editor.lens.name(other) : 'a missing node'
  })
  return [
    `${port.direction === 'in' ? 'input' : 'output'} ${port.label}`,
    ...(placed.broken ? ['does not exist'] : []),
    ...(port.required && others.length === 0 ? ['required'] : []),
    others.length === 0 ? 'not connected' : `connected to ${others.join(' and ')}`,
  ].join(', ')
}

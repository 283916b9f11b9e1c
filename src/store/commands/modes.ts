/** Leaving nodes out and keeping results: bypass, mute, pin. Each is one step that undo takes back. */
import type { NodeId } from '../../base/ids.ts'
import type { NodeMode } from '../../graph/model.ts'
import { isRail } from '../../graph/nested.ts'
import { setMode, setPin } from '../../graph/ops.ts'
import { nodeOf } from '../../graph/query.ts'
import type { Editor } from '../editor.ts'
import type { PlanReviews } from '../planReview.ts'
import type { Command, CommandArgs } from './command.ts'
import { nodeArg, titleAt } from './running.ts'
import { plural } from './wording.ts'

const WORDS: Readonly<Record<NodeMode, { readonly on: string; readonly off: string }>> = {
  bypass: { on: 'Bypass', off: 'No longer bypass' },
  mute: { on: 'Mute', off: 'No longer mute' },
}

export const modeCommands: readonly Command[] = [
  {
    id: 'node.bypass',
    title: 'Bypass',
    group: 'Edit',
    scope: 'editing',
    keys: ['B'],
    when: (editor, args) => modeRefusal(editor, 'bypass', nodesOf(editor, args)),
    run: (editor, args) => toggle(editor, 'bypass', nodesOf(editor, args)),
  },
  {
    id: 'node.mute',
    title: 'Mute',
    group: 'Edit',
    scope: 'editing',
    keys: ['M'],
    when: (editor, args) => modeRefusal(editor, 'mute', nodesOf(editor, args)),
    run: (editor, args) => toggle(editor, 'mute', nodesOf(editor, args)),
  },
]

/** Pins need to know what earlier runs left. */
export function pinCommands(reviews: Pick<PlanReviews, 'stagesOf'>): readonly Command[] {
  return [
    {
      id: 'node.pin',
      title: 'Pin the output',
      group: 'Run',
      scope: 'editing',
      keys: ['P'],
      when(editor, args) {
        const node = nodeArg(editor, args['node'])
        if (node === null) return 'Select one node'
        const rec = nodeOf(editor.doc.get(), node)
        if (rec?.pin !== undefined) return 'It is pinned already'
        return keyOf(node).ok || keyOf(node).why
      },
      run(editor, args) {
        const node = nodeArg(editor, args['node'])!
        const title = titleAt(editor, node)
        editor.doc.transact(
          `Pin the output of “${title}”`,
          (draft) => void setPin(draft, node as NodeId, keyOf(node).key),
        )
        editor.announce.say(`“${title}” keeps its result, whatever its settings say`)
      },
    },
    {
      id: 'node.unpin',
      title: 'Unpin the output',
      group: 'Run',
      scope: 'editing',
      keys: ['Shift+P'],
      when(editor, args) {
        const node = nodeArg(editor, args['node'])
        if (node === null) return 'Select one node'
        return nodeOf(editor.doc.get(), node)?.pin !== undefined || 'It is not pinned'
      },
      run(editor, args) {
        const node = nodeArg(editor, args['node'])!
        const label = `Unpin the output of “${titleAt(editor, node)}”`
        editor.doc.transact(label, (draft) => void setPin(draft, node as NodeId, null))
        editor.announce.say(label)
      },
    },
  ]

  function keyOf(node: string): { readonly ok: boolean; readonly key: string; readonly why: string } {
    const stages = reviews.stagesOf(node)
    const no = (why: string): { ok: false; key: string; why: string } => ({ ok: false, key: '', why })
    if (stages.length === 0) return no('No stage of the plan is made by it')
    if (stages.length > 1) return no('It makes several stages; only the result of one can be pinned')
    const { before } = stages[0]!
    return before ? { ok: true, key: before.key, why: '' } : no('It has not run yet, so there is no result to pin')
  }
}

function nodesOf(editor: Editor, args: CommandArgs): readonly string[] {
  const { nodes } = editor.selection.get()
  const given = args['node']
  // A menu on one of several selected cards is about all of them.
  if (typeof given === 'string' && !nodes.has(given)) return [given]
  return [...nodes]
}

function modeRefusal(editor: Editor, mode: NodeMode, nodes: readonly string[]): true | string {
  if (nodes.length === 0) return 'No node is selected'
  if (nodes.some(isRail)) return 'The inputs and outputs of a group can be neither muted nor bypassed'
  const doc = editor.doc.get()
  const recs = nodes.flatMap((id) => nodeOf(doc, id) ?? [])
  if (mode === 'mute' || recs.every((rec) => rec.mode === 'bypass')) return true
  for (const rec of recs) {
    const ports = editor.lens.ports(rec) ?? []
    const outputs = ports.filter((port) => port.direction === 'out')
    const handsOn = outputs.some((out) => ports.some((port) => port.direction === 'in' && port.type === out.type))
    const title = titleAt(editor, rec.id)
    if (!handsOn) return `“${title}” has no input to hand on in its place; mute it instead`
  }
  return true
}

/** All become so, or none are any more when all were. */
function toggle(editor: Editor, mode: NodeMode, nodes: readonly string[]): void {
  const doc = editor.doc.get()
  const off = nodes.every((id) => nodeOf(doc, id)?.mode === mode)
  const subject = nodes.length === 1 ? `“${titleAt(editor, nodes[0]!)}”` : plural(nodes.length, 'node')
  const label = `${off ? WORDS[mode].off : WORDS[mode].on} ${subject}`
  editor.doc.transact(label, (draft) => {
    for (const id of nodes) setMode(draft, id as NodeId, off ? null : mode)
  })
  editor.announce.say(label)
}

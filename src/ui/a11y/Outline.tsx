import { Trash2, X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { checkConnection } from '#src/graph/connect.ts'
import type { PortRef } from '#src/graph/model.ts'
import { isRail } from '#src/graph/nested.ts'
import { topologicalOrder } from '#src/graph/order.ts'
import { edgesInto } from '#src/graph/query.ts'
import type { PortSpec } from '#src/kinds/contract.ts'
import { openedGroups } from '#src/store/commands/levels.ts'
import { plural } from '#src/store/commands/wording.ts'
import { connectPorts, disconnectWires } from '#src/store/commands/wiring.ts'
import type { Editor } from '#src/store/editor.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { useEditor, useSelection } from '../shell/useEditor.ts'
import { Button } from '../theme/Button.tsx'
import { IconButton } from '../theme/IconButton.tsx'
import { KindIcon } from '../theme/KindIcon.tsx'

/** The graph as a list, sources first, with everything that the canvas offers: for screen readers, and for reading in order. */
export default function Outline(): ReactElement {
  const editor = useEditor()
  const doc = useSyncExternalStore(editor.doc.subscribe, editor.doc.get)
  const selection = useSelection()
  // Problems are part of what is read out.
  useSnapshot(editor.problems.state)
  const { order, cycles } = topologicalOrder(doc)
  const groups = openedGroups(editor)
  const ids = [...order, ...new Set([...Object.keys(doc.nodes)].filter((id) => !order.includes(id as never)))]
  return (
    <section aria-label="Graph as a list" data-place="list" className="h-full overflow-y-auto bg-canvas p-4">
      <div className="mx-auto flex max-w-3xl flex-col gap-2.5">
        <div className="flex items-center justify-between">
          <h2 className="text-base font-semibold">
            {plural(ids.filter((id) => !isRail(id)).length, 'node')}
            {groups.length > 0 ? ` inside “${groups.map(({ title }) => title).join('” › “')}”` : ''} in the order in
            which they work
          </h2>
          <span className="flex gap-1.5">
            {groups.length > 0 ? (
              <Button onClick={() => editor.commands.run('group.leave')}>Leave the group</Button>
            ) : null}
            <Button onClick={() => editor.commands.run('view.outline')}>Back to the canvas</Button>
          </span>
        </div>
        {cycles.length > 0 ? <p className="text-bad">Some nodes are wired in a circle.</p> : null}
        <ol className="flex flex-col gap-2.5">
          {ids.map((id) => {
            const view = editor.views.of(doc, id)
            return view ? <Row key={id} view={view} selected={selection.nodes.has(id)} /> : null
          })}
        </ol>
      </div>
    </section>
  )
}

function Row({ view, selected }: { readonly view: NodeView; readonly selected: boolean }): ReactElement {
  const editor = useEditor()
  const id = view.rec.id
  const problems = editor.problems.ofNode(id)
  const inputs = view.geometry.ports.filter((p) => p.port.direction === 'in').map((p) => p.port)
  return (
    <li
      className={`rounded-lg border bg-raised p-3 ${selected ? 'border-accent' : 'border-line'}`}
      aria-label={view.title}
    >
      <div className="flex items-center gap-2">
        <span className="text-muted">
          <KindIcon name={view.icon} />
        </span>
        <button
          type="button"
          aria-pressed={selected}
          className="font-semibold hover:underline"
          onClick={() => {
            editor.selection.setNodes([id])
            editor.surface.jumpTo(id)
          }}
        >
          {view.title}
        </button>
        <span className="min-w-0 flex-1 truncate text-xs text-muted">
          {view.title === view.kindTitle ? '' : `${view.kindTitle} · `}
          {view.summary}
        </span>
        {view.kind?.inside ? (
          <Button aria-label={`Open ${view.title}`} onClick={() => editor.commands.run('group.open', { node: id })}>
            Open
          </Button>
        ) : null}
        {isRail(id) ? null : (
          <IconButton
            label={`Delete ${view.title}`}
            onClick={() => {
              editor.selection.setNodes([id])
              editor.commands.run('edit.delete')
            }}
          >
            <Trash2 size={14} />
          </IconButton>
        )}
      </div>
      {inputs.length > 0 ? (
        <ul className="mt-2 flex flex-col gap-1">
          {inputs.map((port) => (
            <Input key={port.key} view={view} port={port} />
          ))}
        </ul>
      ) : null}
      {problems.length > 0 ? (
        <ul className="mt-2 text-xs" aria-label="Problems">
          {problems.map((d, i) => (
            <li key={`${d.code} ${i}`} className={d.severity === 'error' ? 'text-bad' : 'text-warn'}>
              {d.message}
            </li>
          ))}
        </ul>
      ) : null}
    </li>
  )
}

/** One input: what is wired into it, each removable, and a choice of everything that could be. */
function Input({ view, port }: { readonly view: NodeView; readonly port: PortSpec }): ReactElement {
  const editor = useEditor()
  const doc = editor.doc.get()
  const to: PortRef = { node: view.rec.id, port: port.key }
  const edges = edgesInto(doc, to.node, to.port)
  const offers = offersFor(editor, to)
  const label = `${port.label} of ${view.title}`
  return (
    <li className="flex flex-wrap items-center gap-1.5 text-xs">
      <span className="w-24 text-muted">
        {port.label}
        {port.required ? ' (needed)' : ''}
      </span>
      {edges.map((edge) => {
        const name = nameOf(editor, edge.from)
        return (
          <span key={edge.id} className="flex items-center gap-1 rounded-md bg-sunken pl-2">
            {name}
            <IconButton
              label={`Disconnect ${name} from ${label}`}
              className="size-6"
              onClick={() => disconnectWires(editor, [edge.id])}
            >
              <X size={13} />
            </IconButton>
          </span>
        )
      })}
      {offers.length > 0 ? (
        <select
          aria-label={`Connect to ${label}`}
          value=""
          className="h-6 max-w-56 rounded-md border border-line bg-panel px-1.5"
          onChange={(event) => {
            const offer = offers[Number(event.target.value)]
            if (offer) connectPorts(editor, offer, to)
          }}
        >
          <option value="">{edges.length > 0 && !port.multiple ? 'Replace by…' : 'Connect…'}</option>
          {offers.map((offer, i) => (
            <option key={`${offer.node} ${offer.port}`} value={i}>
              {nameOf(editor, offer)}
            </option>
          ))}
        </select>
      ) : edges.length === 0 ? (
        <span className="text-faint">nothing here to connect</span>
      ) : null}
    </li>
  )
}

/** Every output that the checker lets into this input. */
function offersFor(editor: Editor, to: PortRef): readonly PortRef[] {
  const doc = editor.doc.get()
  return Object.values(doc.nodes).flatMap((node) =>
    (editor.lens.ports(node) ?? [])
      .filter((port) => port.direction === 'out')
      .map((port): PortRef => ({ node: node.id, port: port.key }))
      .filter((from) => checkConnection(doc, editor.lens, from, to).ok),
  )
}

function nameOf(editor: Editor, ref: PortRef): string {
  const view = editor.views.of(editor.doc.get(), ref.node)
  const outs = view?.geometry.ports.filter((p) => p.port.direction === 'out') ?? []
  const port = outs.find((p) => p.port.key === ref.port)?.port.label
  return outs.length > 1 ? `${view?.title ?? ref.node}: ${port ?? ref.port}` : (view?.title ?? ref.node)
}

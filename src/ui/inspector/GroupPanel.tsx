/** What is inside a group: its nodes, and a switch at each of their fields that shows it on the card. */
import { ArrowRight, ChevronRight, Eye, EyeOff, LogIn, Ungroup } from 'lucide-react'
import { clsx } from 'clsx'
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { NodeRec } from '#src/graph/model.ts'
import { within } from '#src/graph/nested.ts'
import type { FieldSpec, PromotedField } from '#src/kinds/contract.ts'
import { titleOf } from '#src/kinds/lens.ts'
import { demoteField, promoteField } from '#src/store/commands/grouping.ts'
import { innerFields } from '#src/store/fieldView.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { useEditor } from '../shell/useEditor.ts'
import { Button } from '../theme/Button.tsx'
import { IconButton } from '../theme/IconButton.tsx'
import { KindIcon } from '../theme/KindIcon.tsx'
import { shownScalar } from './useParameters.ts'

export function GroupPanel({ view }: { readonly view: NodeView }): ReactElement {
  const { commands } = useEditor()
  const { nodes, values } = view.kind!.inside!(view.params as Record<string, unknown>)
  const inner = Object.entries(nodes)
  return (
    <>
      {view.fields.length === 0 ? (
        <p className="pt-3 text-xs text-muted">
          The card shows no setting yet. Choose some of the fields below to edit them here.
        </p>
      ) : null}
      <section className="pt-4">
        <h3 className="mb-1.5 text-2xs font-semibold tracking-wide text-faint uppercase">Inside</h3>
        <ul className="flex flex-col gap-1" aria-label="Nodes inside the group">
          {inner.map(([key, rec]) => (
            <InnerNode
              key={key}
              group={view.rec.id}
              id={key}
              rec={rec}
              promoted={values.filter((value) => value.node === key)}
            />
          ))}
        </ul>
        <Button className="mt-3 w-full" onClick={() => commands.run('group.open', { node: view.rec.id })}>
          <LogIn size={14} aria-hidden /> Open the group
        </Button>
        <Button className="mt-2 w-full" onClick={() => commands.run('arrange.ungroup')}>
          <Ungroup size={14} aria-hidden /> Take the group apart
        </Button>
      </section>
    </>
  )
}

function InnerNode({
  group,
  id,
  rec,
  promoted,
}: {
  readonly group: string
  readonly id: string
  readonly rec: NodeRec
  readonly promoted: readonly PromotedField[]
}): ReactElement {
  const { registry, surface } = useEditor()
  const [open, setOpen] = useState(false)
  const kind = registry.get(rec.kind)
  const { fields, values } = innerFields(registry, rec)
  const title = titleOf(rec, kind)
  return (
    <li className="rounded-md border border-line">
      <div className="flex items-center pr-0.5">
        <button
          type="button"
          aria-expanded={open}
          className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md px-2 text-left hover:bg-hover"
          onClick={() => setOpen(!open)}
        >
          <ChevronRight
            size={13}
            aria-hidden
            className={clsx('shrink-0 text-faint transition-transform', open && 'rotate-90')}
          />
          <span className="text-muted">
            <KindIcon name={kind?.icon ?? 'missing'} size={14} />
          </span>
          <span className="truncate text-xs font-medium">{title}</span>
          {promoted.length > 0 ? (
            <span className="tabular ml-auto shrink-0 text-2xs text-faint">{promoted.length} on the card</span>
          ) : null}
        </button>
        <IconButton
          label={`Go to ${title}`}
          side="left"
          className="size-7"
          onClick={() => surface.jumpTo(within(group, id))}
        >
          <ArrowRight size={13} />
        </IconButton>
      </div>
      {open ? (
        <ul className="flex flex-col border-t border-line px-2 py-1">
          {fields.length === 0 ? (
            <li className="py-1 text-xs text-muted">It has no field that could be shown.</li>
          ) : null}
          {fields.map((field) => (
            <InnerField
              key={field.key}
              group={group}
              node={id}
              field={field}
              value={values[field.key]}
              shown={promoted.find((known) => known.field === field.key)}
            />
          ))}
        </ul>
      ) : null}
    </li>
  )
}

function InnerField({
  group,
  node,
  field,
  value,
  shown,
}: {
  readonly group: string
  readonly node: string
  readonly field: FieldSpec
  readonly value: unknown
  readonly shown: PromotedField | undefined
}): ReactElement {
  const editor = useEditor()
  return (
    <li className="flex min-h-7 items-center gap-2 text-xs">
      <span className={clsx('truncate', shown ? 'text-text' : 'text-muted')} title={field.help}>
        {field.label}
      </span>
      <span className="tabular ml-auto max-w-[45%] truncate text-faint">
        {shown ? 'on the card' : shownScalar(value, field)}
      </span>
      <IconButton
        label={shown ? `Hide ${field.label} from the card` : `Show ${field.label} on the card`}
        pressed={shown !== undefined}
        side="left"
        className="size-6"
        onClick={() =>
          shown
            ? demoteField(editor, group, shown.key, shown.label)
            : promoteField(editor, group, node, field.key, field.label)
        }
      >
        {shown ? <Eye size={13} /> : <EyeOff size={13} />}
      </IconButton>
    </li>
  )
}

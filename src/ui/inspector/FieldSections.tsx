/** Fields in the kind's order, under the headings of their sections; advanced ones behind one switch. */
import { ChevronRight } from 'lucide-react'
import { clsx } from 'clsx'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { useEditor } from '../shell/useEditor.ts'
import { Field } from './Field.tsx'

type Props = {
  readonly view: NodeView
  readonly fields: readonly FieldSpec[]
  readonly problems: readonly Diagnostic[]
  readonly help: boolean
}

export function FieldSections({ view, fields, problems, help }: Props): ReactElement {
  const { surface } = useEditor()
  const { jump } = useSnapshot(surface.state)
  const [open, setOpen] = useState(false)
  const params = view.values
  const visible = fields.filter((field) => !field.hiddenIf?.(params))
  const troubled = new Set(problems.map((p) => (p.at.on === 'field' ? p.at.field : '')))
  const advanced = visible.filter((field) => field.advanced)
  const wanted = jump?.node === view.rec.id ? jump.field : null
  // A problem or a jump must not point at something folded away.
  const unfolded = open || advanced.some((field) => field.key === wanted || troubled.has(field.key))

  const render = (field: FieldSpec): ReactElement => (
    <Field
      key={field.key}
      view={view}
      field={field}
      help={help}
      problems={problems.filter((p) => p.at.on === 'field' && p.at.field === field.key)}
    />
  )

  return (
    <>
      <Sections fields={visible.filter((field) => !field.advanced)} render={render} />
      {advanced.length > 0 ? (
        <section className="mt-4 border-t border-line pt-2">
          <button
            type="button"
            aria-expanded={unfolded}
            className="-mx-1 flex h-7 items-center gap-1 rounded-sm px-1 text-xs font-medium text-muted hover:bg-hover hover:text-text"
            onClick={() => setOpen(!unfolded)}
          >
            <ChevronRight size={13} className={clsx('transition-transform', unfolded && 'rotate-90')} />
            Advanced
            <span className="tabular">{advanced.length}</span>
          </button>
          {unfolded ? <Sections fields={advanced} render={render} /> : null}
        </section>
      ) : null}
    </>
  )
}

function Sections({
  fields,
  render,
}: {
  readonly fields: readonly FieldSpec[]
  render(field: FieldSpec): ReactElement
}): ReactElement[] {
  return sections(fields).map(([section, members]) => (
    <section key={section} className="pt-3">
      {section ? <h3 className="mb-1.5 text-2xs font-semibold tracking-wide text-faint uppercase">{section}</h3> : null}
      <div className="flex flex-col gap-2.5">{members.map(render)}</div>
    </section>
  ))
}

function sections(fields: readonly FieldSpec[]): readonly (readonly [string, readonly FieldSpec[]])[] {
  const bySection = new Map<string, FieldSpec[]>()
  for (const field of fields) {
    const name = field.section ?? ''
    const members = bySection.get(name)
    if (members) members.push(field)
    else bySection.set(name, [field])
  }
  return [...bySection]
}

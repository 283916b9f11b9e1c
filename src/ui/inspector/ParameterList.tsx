/** The graph's parameters in one place: name, value to edit, how much each feeds. Absent while there is none. */
import { ArrowRight } from 'lucide-react'
import { useId } from 'react'
import type { ReactElement } from 'react'
import type { FieldSpec } from '#src/kinds/contract.ts'
import { usesWords } from '#src/store/commands/parameters.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import type { GraphParameter } from '#src/store/parameters.ts'
import { useEditor, useNodeView } from '../shell/useEditor.ts'
import { Control } from './controls/Control.tsx'
import { shownScalar, useParameterUses, useParameters } from './useParameters.ts'
import { useField } from './useField.ts'

export function ParameterList(): ReactElement | null {
  const parameters = [...useParameters().values()]
  const uses = useParameterUses()
  if (parameters.length === 0) return null
  return (
    <section className="pt-3">
      <h3 className="mb-1 text-2xs font-semibold tracking-wide text-faint uppercase">Parameters</h3>
      <ul className="flex flex-col gap-1" aria-label="Graph parameters">
        {parameters.map((parameter) => (
          <Row key={parameter.name} parameter={parameter} used={uses.get(parameter.name)?.length ?? 0} />
        ))}
      </ul>
    </section>
  )
}

function Row({ parameter, used }: { readonly parameter: GraphParameter; readonly used: number }): ReactElement {
  const { selection, surface } = useEditor()
  const view = useNodeView(parameter.node)
  const id = useId()
  const field = view?.fields.find((spec) => spec.key === parameter.field)
  return (
    <li className="flex min-h-7 items-center gap-2">
      <button
        type="button"
        className="group/go flex min-w-0 flex-1 items-center gap-1 rounded-sm text-left hover:underline"
        title={`Go to “${parameter.name}”, which ${used === 0 ? 'feeds nothing yet' : usesWords(used)}`}
        onClick={() => {
          selection.set({ nodes: new Set([parameter.node]), edges: new Set() })
          surface.jumpTo(parameter.node, parameter.field)
        }}
      >
        <span id={`${id}-name`} className="truncate text-xs font-medium">
          {parameter.name}
        </span>
        <ArrowRight size={12} aria-hidden className="shrink-0 text-faint opacity-0 group-hover/go:opacity-100" />
      </button>
      <span className="tabular shrink-0 text-2xs text-faint">{used === 0 ? 'unused' : `× ${used}`}</span>
      <span className="flex w-[7.5rem] shrink-0 justify-end">
        {view && field ? (
          <Value id={id} view={view} field={field} name={parameter.name} />
        ) : (
          <span className="tabular truncate text-xs text-muted">{shownScalar(parameter.value)}</span>
        )}
      </span>
    </li>
  )
}

function Value({
  id,
  view,
  field,
  name,
}: {
  readonly id: string
  readonly view: NodeView
  readonly field: FieldSpec
  readonly name: string
}): ReactElement {
  const edit = useField(view, field)
  return (
    <>
      <label htmlFor={id} className="sr-only">
        Value of {name}
      </label>
      <span id={`${id}-help`} className="sr-only">
        {field.help}
      </span>
      <Control id={id} described={`${id}-help`} field={field} edit={edit} view={view} />
    </>
  )
}

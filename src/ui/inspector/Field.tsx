/** One field: label with unit and help, the control of its type, and why a value was refused. */
import { CircleHelp } from 'lucide-react'
import { clsx } from 'clsx'
import { useId } from 'react'
import type { ReactElement } from 'react'
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { Tip } from '../theme/Tip.tsx'
import { BoundValue, FieldBinding } from './FieldBinding.tsx'
import { Control } from './controls/Control.tsx'
import { Problem } from './ProblemList.tsx'
import { useField } from './useField.ts'

type Props = {
  readonly view: NodeView
  readonly field: FieldSpec
  readonly problems: readonly Diagnostic[]
  readonly help: boolean
}

/** Controls that need the whole width stand under their label. */
const WIDE = new Set(['text', 'dataset', 'mapping', 'model'])

export function Field({ view, field, problems, help }: Props): ReactElement {
  const id = useId()
  const edit = useField(view, field)
  const wide = WIDE.has(field.control.type)
  const described = `${id}-help`
  const parameter = view.rec.bindings?.[field.key]
  return (
    <div data-field={field.key} className="group/field">
      <div className={clsx(wide ? 'flex flex-col gap-1' : 'flex min-h-7 items-center justify-between gap-3')}>
        <div className="flex min-w-0 items-center gap-1">
          <label htmlFor={id} className="line-clamp-2 text-xs text-text">
            {field.label}
          </label>
          <FieldBinding view={view} field={field} />
          {help ? null : (
            <Tip text={field.help} side="left">
              <button
                type="button"
                tabIndex={-1}
                aria-label={`About ${field.label}`}
                className="shrink-0 rounded-sm text-faint opacity-0 group-focus-within/field:opacity-100 group-hover/field:opacity-100 hover:text-text"
              >
                <CircleHelp size={12} />
              </button>
            </Tip>
          )}
        </div>
        <div
          data-control
          className={clsx(
            wide ? 'w-full' : 'flex shrink-0 items-center justify-end',
            !wide && (field.control.type !== 'switch' || parameter !== undefined) && 'w-[min(11rem,52%)]',
          )}
        >
          {parameter === undefined ? (
            <Control id={id} described={described} field={field} edit={edit} view={view} />
          ) : (
            <BoundValue id={id} described={described} view={view} field={field} parameter={parameter} />
          )}
        </div>
      </div>
      <p id={described} className={help ? 'mt-1 text-xs text-muted' : 'sr-only'}>
        {field.help}
      </p>
      {edit.refusal ? (
        <p role="alert" className="mt-1 text-xs text-bad">
          {edit.refusal} The value before it stays in use.
        </p>
      ) : null}
      {problems.map((problem, index) => (
        <Problem key={`${problem.code}-${index}`} problem={problem} quiet />
      ))}
    </div>
  )
}

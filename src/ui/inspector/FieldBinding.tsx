/**
 * A field and the graph parameter that may feed it: the sign at the label opens the menu; while it is bound, the parameter
 * stands where the control was. The sign shows itself on hover, on focus, and always while the field is bound.
 */
import { Variable } from 'lucide-react'
import { clsx } from 'clsx'
import { DropdownMenu } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import type { FieldSpec } from '#src/kinds/contract.ts'
import { bindField, parameterFromField, unbindField } from '#src/store/commands/parameters.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { refusedBy } from '#src/store/parameterUses.ts'
import { takesParameters } from '#src/store/parameters.ts'
import { useEditor } from '../shell/useEditor.ts'
import { MENU_CLASS, MENU_ITEM_CLASS, MENU_LABEL_CLASS, MENU_LINE_CLASS } from '../theme/menuClasses.ts'
import { Tip } from '../theme/Tip.tsx'
import { shownScalar, useParameters } from './useParameters.ts'

type Props = { readonly view: NodeView; readonly field: FieldSpec }

export function FieldBinding({ view, field }: Props): ReactElement | null {
  const parameter = view.rec.bindings?.[field.key]
  // A parameter does not take its value from another one.
  if (parameter === undefined && (!takesParameters(field) || view.kind?.parameter)) return null
  const name = parameter === undefined ? `Use a parameter for ${field.label}` : `${field.label} uses a parameter`
  const tip = parameter === undefined ? 'Use a graph parameter' : `Takes its value from “${parameter}”`
  return (
    <BindingMenu view={view} field={field}>
      <Tip text={tip} side="left">
        <DropdownMenu.Trigger asChild>
          <button
            type="button"
            aria-label={name}
            data-bound={parameter === undefined ? undefined : ''}
            className={clsx(
              '-my-0.5 flex size-5 shrink-0 items-center justify-center rounded-sm hover:bg-hover data-[state=open]:bg-hover data-[state=open]:opacity-100',
              parameter === undefined
                ? 'text-faint opacity-0 group-focus-within/field:opacity-100 group-hover/field:opacity-100 hover:text-text pointer-coarse:opacity-100'
                : 'text-accent-text',
            )}
          >
            <Variable size={13} aria-hidden />
          </button>
        </DropdownMenu.Trigger>
      </Tip>
    </BindingMenu>
  )
}

/** What stands in place of the control of a bound field: the parameter's name and the value that the field takes. */
export function BoundValue({
  id,
  described,
  view,
  field,
  parameter,
}: Props & { readonly id: string; readonly described: string; readonly parameter: string }): ReactElement {
  const value = view.bound[field.key]
  const lost = value === undefined
  return (
    <BindingMenu view={view} field={field}>
      <DropdownMenu.Trigger asChild>
        <button
          id={id}
          type="button"
          aria-describedby={described}
          aria-label={`${field.label}: ${lost ? `the parameter ${parameter} is missing` : `${shownScalar(value)}, from the parameter ${parameter}`}`}
          className={clsx(
            'flex h-7 w-full min-w-0 items-center gap-1.5 rounded-md border px-2 text-left text-sm hover:border-muted',
            lost ? 'border-bad bg-bad-soft text-bad' : 'border-accent/40 bg-accent-soft text-accent-text',
          )}
          title={lost ? `There is no parameter “${parameter}”` : `${parameter} = ${shownScalar(value)}`}
        >
          <span className="max-w-[60%] shrink truncate text-xs font-medium">{parameter}</span>
          <span className="tabular ml-auto min-w-0 truncate text-text">
            {lost ? 'missing' : shownScalar(value, field)}
          </span>
        </button>
      </DropdownMenu.Trigger>
    </BindingMenu>
  )
}

function BindingMenu({ view, field, children }: Props & { readonly children: ReactNode }): ReactElement {
  return (
    <DropdownMenu.Root modal={false}>
      {children}
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={clsx(MENU_CLASS, 'max-w-72')}
          align="end"
          sideOffset={3}
          collisionPadding={8}
          aria-label={`Parameter for ${field.label}`}
          onKeyDown={(event) => event.stopPropagation()}
        >
          <Entries view={view} field={field} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Entries({ view, field }: Props): ReactElement {
  const editor = useEditor()
  const parameters = [...useParameters().values()]
  const id = view.rec.id
  const bound = view.rec.bindings?.[field.key]
  const taken = view.bound[field.key]
  const own = editor.views.own(editor.doc.get(), id)?.values[field.key]
  const others = parameters.filter((parameter) => parameter.name !== bound)
  const current = parameters.find((parameter) => parameter.name === bound)
  return (
    <>
      {bound === undefined ? null : (
        <>
          {current ? (
            <Entry onSelect={() => goTo(current.node, current.field)}>
              Go to “{bound}”<Value>{shownScalar(current.value)}</Value>
            </Entry>
          ) : null}
          {taken === undefined || Object.is(taken, own) ? null : (
            <Entry onSelect={() => unbindField(editor, id, field.key, 'taken')}>
              Free it and keep
              <Value>{shownScalar(taken, field)}</Value>
            </Entry>
          )}
          <Entry onSelect={() => unbindField(editor, id, field.key, 'own')}>
            Free it{taken === undefined || Object.is(taken, own) ? '' : ' and go back to'}
            <Value>{shownScalar(own, field)}</Value>
          </Entry>
        </>
      )}
      {bound !== undefined && others.length > 0 ? <DropdownMenu.Separator className={MENU_LINE_CLASS} /> : null}
      {others.length > 0 ? (
        <DropdownMenu.Label className={MENU_LABEL_CLASS}>
          {bound === undefined ? 'Use a graph parameter' : 'Use another parameter'}
        </DropdownMenu.Label>
      ) : null}
      {others.map((parameter) => {
        const refused = refusedBy(field, parameter.value)
        return (
          <Entry
            key={parameter.name}
            disabled={refused !== null}
            title={refused ?? undefined}
            onSelect={() => bindField(editor, id, field.key, parameter.name)}
          >
            {parameter.name}
            <Value>
              {refused === null ? shownScalar(parameter.value) : `${shownScalar(parameter.value)} does not fit`}
            </Value>
          </Entry>
        )
      })}
      {bound === undefined ? (
        <>
          {others.length > 0 ? <DropdownMenu.Separator className={MENU_LINE_CLASS} /> : null}
          <Entry onSelect={() => void parameterFromField(editor, id, field.key)}>
            New parameter with this value
            <Value>{shownScalar(view.values[field.key], field)}</Value>
          </Entry>
        </>
      ) : null}
    </>
  )

  function goTo(node: string, param: string | null): void {
    editor.selection.set({ nodes: new Set([node]), edges: new Set() })
    editor.surface.jumpTo(node, param)
  }
}

function Entry({
  children,
  onSelect,
  disabled = false,
  title,
}: {
  readonly children: ReactNode
  readonly onSelect: () => void
  readonly disabled?: boolean
  readonly title?: string | undefined
}): ReactElement {
  return (
    <DropdownMenu.Item className={MENU_ITEM_CLASS} disabled={disabled} title={title} onSelect={onSelect}>
      {children}
    </DropdownMenu.Item>
  )
}

function Value({ children }: { readonly children: ReactNode }): ReactElement {
  return <span className="tabular ml-auto min-w-0 truncate pl-4 text-2xs text-faint">{children}</span>
}

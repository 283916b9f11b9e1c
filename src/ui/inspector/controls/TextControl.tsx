import type { ReactElement } from 'react'
import type { FieldControl } from '#src/kinds/contract.ts'
import { INPUT_CLASS } from './controlClasses.ts'
import type { ControlProps } from './Control.tsx'

type TextSpec = Extract<FieldControl, { type: 'text' }>

export function TextControl({
  id,
  described,
  edit,
  control,
}: ControlProps & { readonly control: TextSpec }): ReactElement {
  const text = edit.draft ?? String(edit.value ?? '')
  const shared = {
    id,
    'aria-describedby': described,
    'aria-invalid': edit.refusal !== null,
    placeholder: control.placeholder,
    value: text,
    spellCheck: false,
    onBlur: () => edit.done(),
  } as const
  return control.multiline ? (
    <textarea
      {...shared}
      rows={Math.min(10, Math.max(3, text.split('\n').length + 1))}
      className={`${INPUT_CLASS} h-auto resize-y py-1.5 leading-[18px]`}
      onChange={(event) => edit.set(event.target.value, event.target.value)}
    />
  ) : (
    <input {...shared} className={INPUT_CLASS} onChange={(event) => edit.set(event.target.value, event.target.value)} />
  )
}

import { useState } from 'react'
import type { ReactElement } from 'react'
import { renameParameter } from '#src/store/commands/parameters.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { useEditor } from '../../shell/useEditor.ts'
import { INPUT_CLASS } from './controlClasses.ts'
import type { ControlProps } from './Control.tsx'

type Draft = { readonly over: string; readonly typed: string; readonly refusal: string | null }

/** The name of a graph parameter. Taken on Enter or on leaving, because everything that mentions it follows. */
export function ParameterNameControl({
  id,
  described,
  edit,
  view,
}: ControlProps & { readonly view: NodeView }): ReactElement {
  const editor = useEditor()
  const name = String(edit.value ?? '')
  const [draft, setDraft] = useState<Draft | null>(null)
  // What was typed over another name, e.g. before an undo, is out of date.
  const { typed, refusal } = draft?.over === name ? draft : { typed: name, refusal: null }

  const take = (): void => {
    const why = typed === name ? null : renameParameter(editor, view.rec.id, typed.trim())
    setDraft(why === null ? null : { over: name, typed, refusal: why })
  }
  return (
    <div className="w-full">
      <input
        id={id}
        aria-describedby={described}
        aria-invalid={refusal !== null}
        autoComplete="off"
        spellCheck={false}
        maxLength={40}
        className={INPUT_CLASS}
        value={typed}
        onChange={(event) => setDraft({ over: name, typed: event.target.value, refusal: null })}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take()
          if (event.key === 'Escape') setDraft(null)
        }}
      />
      {refusal ? (
        <p role="alert" className="mt-1 text-xs text-bad">
          {refusal}
        </p>
      ) : null}
    </div>
  )
}

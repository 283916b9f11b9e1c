import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { ModelFacts } from '#src/ir/dataset.ts'
import { modelsOf } from '#src/store/backend.ts'
import { sizeOf } from '../../dialogs/modelSize.ts'
import { useStores } from '../../shell/useStores.ts'
import { INPUT_CLASS } from './controlClasses.ts'
import type { ControlProps } from './Control.tsx'

/** The name of a base model: free text with the backend's live list behind it. */
export function ModelControl({ id, described, edit }: ControlProps): ReactElement {
  const { backend } = useStores()
  const models = modelsOf(useSnapshot(backend.state))
  const name = edit.draft ?? String(edit.value ?? '')
  const known = models?.find((model) => model.name === name)
  // A name that the backend does not offer is a problem of the node, which is said below with its fix.
  const hint =
    models === null
      ? 'The list of models appears when the backend is connected.'
      : known
        ? about(known)
        : `The backend offers ${models.length === 1 ? 'one model' : `${models.length} models; type to search them`}.`
  return (
    <>
      <input
        id={id}
        list={`${id}-models`}
        aria-describedby={described}
        aria-invalid={edit.refusal !== null}
        autoComplete="off"
        spellCheck={false}
        className={INPUT_CLASS}
        value={name}
        placeholder="family/model"
        onChange={(event) => edit.set(event.target.value, event.target.value)}
        onBlur={() => edit.done()}
      />
      <datalist id={`${id}-models`}>
        {models?.map((model) => (
          <option key={model.name} value={model.name} label={sizeOf(model) ?? undefined} />
        ))}
      </datalist>
      {hint ? <p className="mt-1 text-2xs text-faint">{hint}</p> : null}
    </>
  )
}

function about(model: ModelFacts): string | null {
  const parts = [
    sizeOf(model),
    model.maxContext === null ? null : `reads up to ${model.maxContext.toLocaleString('en')} tokens`,
  ].filter((part) => part !== null)
  const text = parts.join(', ')
  return text === '' ? null : text.charAt(0).toUpperCase() + text.slice(1)
}

import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { modelsOf } from '#src/store/backend.ts'
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
        ? known.maxContext === null
          ? null
          : `Reads up to ${known.maxContext.toLocaleString('en')} tokens`
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
          <option key={model.name} value={model.name} />
        ))}
      </datalist>
      {hint ? <p className="mt-1 text-2xs text-faint">{hint}</p> : null}
    </>
  )
}

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
      <p className="mt-1 text-2xs text-faint">
        {models === null
          ? 'The list of models appears when the backend is connected.'
          : known
            ? `Reads up to ${known.maxContext ?? '?'} tokens`
            : `The backend offers ${models.length === 1 ? models[0]!.name : `${models.length} models`}.`}
        {known || models === null || models.length === 0 ? null : (
          <button
            type="button"
            className="ml-1.5 font-medium text-accent-text hover:underline"
            onClick={() => edit.set(models[0]!.name)}
          >
            Use {models[0]!.name}
          </button>
        )}
      </p>
    </>
  )
}

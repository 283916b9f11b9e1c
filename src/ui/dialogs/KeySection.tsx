/** The API key: typed once, handed to the worker, and only on request sealed in this browser by a passphrase. */
import { useId, useState } from 'react'
import type { ReactElement, SubmitEvent } from 'react'
import { useSnapshot } from 'valtio'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'
import { INPUT_CLASS } from '../inspector/controls/controlClasses.ts'

export function KeySection(): ReactElement {
  const { backend } = useStores()
  const { key, stored, problem } = useSnapshot(backend.state)
  return (
    <section className="mt-4 border-t border-line pt-3">
      {key === 'sealed' ? (
        <Secret
          label="Passphrase"
          button="Unlock"
          note="A key for this address is sealed in this browser."
          onSubmit={(passphrase) => void backend.unlockKey(passphrase)}
        />
      ) : null}
      <Secret
        label={key === 'in-memory' ? 'Replace the API key' : 'API key'}
        button="Connect"
        note="Kept in the worker’s memory until the page closes. It is never part of a graph, a link, a log or an export."
        onSubmit={(typed) => void backend.connect(typed)}
      />
      {key === 'in-memory' && !stored ? (
        <Secret
          label="Remember it with a passphrase"
          button="Seal"
          note="Encrypted with AES-GCM under a key derived from the passphrase (PBKDF2), in this browser only."
          onSubmit={(passphrase) => void backend.rememberKey(passphrase)}
        />
      ) : null}
      {problem ? (
        <p role="alert" className="mt-2 text-xs text-bad">
          {problem.message}
        </p>
      ) : null}
      {key !== 'none' || stored ? (
        <Button look="danger" className="mt-2" onClick={() => void backend.forgetKey()}>
          Forget the key
        </Button>
      ) : null}
    </section>
  )
}

function Secret({
  label,
  button,
  note,
  onSubmit,
}: {
  readonly label: string
  readonly button: string
  readonly note: string
  onSubmit(secret: string): void
}): ReactElement {
  const id = useId()
  const [secret, setSecret] = useState('')
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const typed = secret.trim()
    if (typed === '') return
    setSecret('')
    onSubmit(typed)
  }
  return (
    <form className="mt-2 first:mt-0" onSubmit={submit}>
      <label htmlFor={id} className="mb-1 block text-xs font-medium">
        {label}
      </label>
      <div className="flex gap-2">
        <input
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          className={INPUT_CLASS}
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
        />
        <Button type="submit" disabled={secret.trim() === ''}>
          {button}
        </Button>
      </div>
      <p className="mt-1 text-2xs text-faint">{note}</p>
    </form>
  )
}

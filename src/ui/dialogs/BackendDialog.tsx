/** Settings of the backend: which one, its key, and a connection check that says what is wrong. */
import { CircleCheck, CircleX, LoaderCircle } from 'lucide-react'
import { RadioGroup } from 'radix-ui'
import { useId, useState } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { ModelFacts } from '#src/ir/dataset.ts'
import type { BackendState } from '#src/store/backend.ts'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'
import { INPUT_CLASS } from '../inspector/controls/controlClasses.ts'
import { DialogFrame } from './DialogFrame.tsx'
import { AdapterSection } from './AdapterSection.tsx'
import { KeySection } from './KeySection.tsx'
import { sizeOf } from './modelSize.ts'
import { TroubleSection } from './TroubleSection.tsx'

const CHOICES = [
  {
    type: 'embedded',
    title: 'Embedded',
    text: 'A tiny transformer that really trains, in this browser. No key, no network.',
  },
  { type: 'tinker', title: 'Tinker', text: 'The hosted Tinker API. Needs a key; training costs money.' },
  {
    type: 'custom',
    title: 'Other URL',
    text: 'Any server that speaks the Tinker API: Twinkle, SkyRL, TuFT, or tunegraph serve.',
  },
] as const

export function BackendDialog(): ReactElement {
  const { backend } = useStores()
  const state = useSnapshot(backend.state)
  const [url, setUrl] = useState(state.customUrl)
  /** Other URL is chosen, but there is no address yet: nothing to connect to. */
  const [addressing, setAddressing] = useState(false)
  const urlId = useId()
  const shown = addressing ? 'custom' : state.selected.type
  const choose = (type: (typeof CHOICES)[number]['type']): void => {
    const unknown = type === 'custom' && url.trim() === ''
    setAddressing(unknown)
    if (!unknown) void backend.select(type, url)
  }
  return (
    <DialogFrame title="Backend" description="Where training runs. The graph stays the same; models differ.">
      <RadioGroup.Root
        aria-label="Backend"
        value={shown}
        onValueChange={(type) => choose(type as (typeof CHOICES)[number]['type'])}
        className="flex flex-col gap-1.5"
      >
        {CHOICES.map((choice) => (
          <RadioGroup.Item
            key={choice.type}
            value={choice.type}
            className="group flex items-start gap-3 rounded-lg border border-line px-3 py-2.5 text-left hover:bg-hover data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft"
          >
            <span className="mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-full border border-line-strong bg-panel group-data-[state=checked]:border-accent">
              <RadioGroup.Indicator className="size-2 rounded-full bg-accent" />
            </span>
            <span>
              <span className="block font-medium">{choice.title}</span>
              <span className="block text-xs text-muted">{choice.text}</span>
            </span>
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
      {shown === 'custom' ? (
        <form
          className="mt-3"
          onSubmit={(event) => {
            event.preventDefault()
            choose('custom')
          }}
        >
          <label htmlFor={urlId} className="mb-1 block text-xs font-medium">
            Address
          </label>
          <div className="flex gap-2">
            <input
              id={urlId}
              className={INPUT_CLASS}
              type="url"
              required
              placeholder="http://127.0.0.1:8000"
              value={url}
              onChange={(event) => setUrl(event.target.value)}
            />
            <Button type="submit">Use</Button>
          </div>
        </form>
      ) : null}
      {shown === 'embedded' || addressing ? null : <KeySection />}
      {addressing ? (
        <p className="mt-3 text-xs text-muted">
          Until then the graph stays on {state.selected.type === 'tinker' ? 'Tinker' : 'the embedded backend'}.
        </p>
      ) : (
        <ConnectionLine state={state} onRetry={() => void backend.connect()} />
      )}
      {shown === 'embedded' ? (
        <>
          <AdapterSection />
          <TroubleSection />
        </>
      ) : null}
    </DialogFrame>
  )
}

export default BackendDialog

/** A hosted backend offers dozens; they are searched where a model is chosen. */
const NAMED = 4

function detailsOf(model: ModelFacts, backend: BackendState['selected']['type']): string {
  const size = sizeOf(model)
  if (size === null) return ''
  // The page's own models travel as 16-bit numbers.
  const megabytes = ((2 * model.parameters!) / 1e6).toFixed(1)
  return backend === 'embedded' ? ` · ${size}, ${megabytes} MB` : ` · ${size}`
}

/** The type of a valtio snapshot: everything is read-only. */
type Snapshot = ReturnType<typeof useSnapshot<BackendState>>

function ConnectionLine({ state, onRetry }: { readonly state: Snapshot; onRetry(): void }): ReactElement {
  const { connection } = state
  return (
    <div
      className="mt-4 flex items-start gap-2 rounded-lg border border-line bg-sunken px-3 py-2.5 text-xs"
      role="status"
    >
      {connection.phase === 'connected' ? (
        <>
          <CircleCheck size={15} className="mt-px shrink-0 text-good" />
          <div className="min-w-0 flex-1">
            <p>
              Connected: answered in {Math.round(connection.latencyMs)} ms and offers
              {connection.models.length > NAMED ? ` ${connection.models.length} models.` : ':'}
            </p>
            {connection.models.length > NAMED ? null : (
              <ul aria-label="Models" className="my-0.5">
                {connection.models.map((model) => (
                  <li key={model.name}>
                    <span className="font-medium">{model.name}</span>
                    <span className="text-muted">{detailsOf(model, state.selected.type)}</span>
                  </li>
                ))}
              </ul>
            )}
            {state.selected.type === 'embedded' ? (
              <p className="text-muted">Each is loaded when it is first used.</p>
            ) : null}
          </div>
        </>
      ) : connection.phase === 'failed' ? (
        <>
          <CircleX size={15} className="mt-px shrink-0 text-bad" />
          <p className="min-w-0 flex-1">{connection.diagnostic.message}</p>
        </>
      ) : (
        <>
          <LoaderCircle size={15} className="mt-px shrink-0 animate-spin text-muted" />
          <p className="min-w-0 flex-1 text-muted">
            {connection.phase === 'connecting' ? 'Checking the connection …' : 'Not connected yet.'}
          </p>
        </>
      )}
      <button type="button" className="shrink-0 font-medium text-accent-text hover:underline" onClick={onRetry}>
        Check again
      </button>
    </div>
  )
}

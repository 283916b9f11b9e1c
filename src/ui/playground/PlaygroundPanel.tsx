/** Talk to the base model and to checkpoints side by side, with the renderer of training. */
import { Plus, SendHorizontal, Square, Trash2 } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { modelsOf } from '#src/store/backend.ts'
import type { BroughtAdapter } from '#src/store/embedded.ts'
import { UploadAdapter } from '../dialogs/UploadAdapter.tsx'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'
import { IconButton } from '../theme/IconButton.tsx'
import { INPUT_CLASS } from '../inspector/controls/controlClasses.ts'
import { PlaygroundColumn } from './PlaygroundColumn.tsx'
import { SamplingBar } from './SamplingBar.tsx'
import { policyOf, usePolicies } from './usePolicies.ts'

const MAX_COLUMNS = 4

export function PlaygroundPanel(): ReactElement {
  const { backend, embedded, playground } = useStores()
  const { selected } = useSnapshot(backend.state)
  const { problem } = useSnapshot(embedded.state)
  const state = useSnapshot(playground.state)
  const policies = usePolicies()
  const [question, setQuestion] = useState('')
  const busy = state.columns.some((column) => column.asking !== null)

  // Whoever opens the panel first finds the base model beside the newest checkpoint.
  useEffect(() => playground.arrange(policies), [playground, policies])

  const ask = (): void => {
    const text = question.trim()
    if (text === '' || busy || state.columns.length === 0) return
    setQuestion('')
    void playground.ask(text)
  }
  /** Beside the others, unless it was put there as the first with weights of its own. */
  const show = (adapter: BroughtAdapter): void => {
    const [policy] = policyOf(adapter, modelsOf(backend.state) ?? [])
    if (policy && !playground.state.columns.some((column) => column.policy.path === policy.path)) playground.add(policy)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    ask()
  }
  /** Someone who is not in a column yet, rather than the same again. */
  const next =
    policies.find((p) => !state.columns.some((c) => c.policy.path === p.path && c.policy.model === p.model)) ??
    policies[0]

  return (
    <div className="flex h-full min-h-0 flex-col">
      <SamplingBar />
      <div className="flex min-h-0 flex-1 divide-x divide-line overflow-x-auto">
        {state.columns.map((column) => (
          <PlaygroundColumn key={column.id} column={column} policies={policies} closable={state.columns.length > 1} />
        ))}
        {state.columns.length === 0 ? (
          <p className="p-4 text-xs text-muted">Connect a backend to talk to its models.</p>
        ) : null}
        {next && state.columns.length > 0 && state.columns.length < MAX_COLUMNS ? (
          <div className="flex w-36 shrink-0 flex-col items-start gap-1.5 p-2">
            <Button onClick={() => playground.add(next)} aria-label="Add a policy to compare">
              <Plus size={13} aria-hidden /> Compare
            </Button>
            {selected.type === 'embedded' ? <UploadAdapter onTaken={show} /> : null}
            {problem ? (
              <p role="alert" className="min-h-0 overflow-y-auto text-2xs break-words text-bad">
                {problem.message}
              </p>
            ) : null}
          </div>
        ) : null}
      </div>
      <div className="flex shrink-0 items-end gap-2 border-t border-line p-2">
        <textarea
          aria-label="Question to all policies"
          rows={1}
          placeholder="Ask all of them, e.g. banana split"
          className={`${INPUT_CLASS} h-auto min-h-8 resize-none py-1.5`}
          value={question}
          onChange={(event) => setQuestion(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {busy ? (
          <Button size="md" onClick={() => playground.cancel()}>
            <Square size={12} /> Cancel
          </Button>
        ) : (
          <Button
            size="md"
            look="primary"
            disabled={question.trim() === '' || state.columns.length === 0}
            onClick={ask}
          >
            <SendHorizontal size={14} /> Ask
          </Button>
        )}
        <IconButton label="Clear the conversations" side="top" onClick={() => playground.clear()}>
          <Trash2 size={14} />
        </IconButton>
      </div>
    </div>
  )
}

export default PlaygroundPanel

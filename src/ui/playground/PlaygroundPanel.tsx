/** Talk to the base model and to checkpoints side by side, with the renderer of training. */
import { Plus, SendHorizontal, Square, Trash2 } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'
import { IconButton } from '../theme/IconButton.tsx'
import { INPUT_CLASS } from '../inspector/controls/controlClasses.ts'
import { PlaygroundColumn } from './PlaygroundColumn.tsx'
import { SamplingBar } from './SamplingBar.tsx'
import { usePolicies } from './usePolicies.ts'

const MAX_COLUMNS = 4

export function PlaygroundPanel(): ReactElement {
  const { playground } = useStores()
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
          <div className="flex shrink-0 items-start p-2">
            <IconButton label="Add a policy to compare" side="left" onClick={() => playground.add(next)}>
              <Plus size={15} />
            </IconButton>
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

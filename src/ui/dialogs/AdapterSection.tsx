/** Adapters that were brought along, and how to bring another: checkpoints of the embedded backend. */
import { Trash2 } from 'lucide-react'
import { useId } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import { useStores } from '../shell/useStores.ts'
import { IconButton } from '../theme/IconButton.tsx'
import { UploadAdapter } from './UploadAdapter.tsx'

export function AdapterSection(): ReactElement {
  const { embedded } = useStores()
  const { adapters, problem } = useSnapshot(embedded.state)
  const headId = useId()
  return (
    <section aria-labelledby={headId} className="mt-4 border-t border-line pt-3">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h3 id={headId} className="font-medium">
            Adapters
          </h3>
          <p className="text-xs text-muted">
            LoRA adapters as PEFT saves them: choose <code>adapter_config.json</code> and{' '}
            <code>adapter_model.safetensors</code>, or a .tar of them. Talk to them in the playground.
          </p>
        </div>
        <UploadAdapter />
      </div>
      {problem ? (
        <p role="alert" className="mt-2 text-xs text-bad">
          {problem.message}
        </p>
      ) : null}
      {adapters.length === 0 ? null : (
        <ul
          className="mt-2 divide-y divide-line rounded-lg border border-line"
          aria-label="Adapters that were uploaded"
        >
          {adapters.map((adapter) => (
            <li key={adapter.sampler} className="flex items-center gap-2 px-2.5 py-1.5 text-xs">
              <span className="shrink-0 font-medium">{adapter.name}</span>
              <span className="shrink-0 text-muted">on {adapter.baseModel}</span>
              <code className="min-w-0 flex-1 truncate text-2xs text-muted" title={adapter.sampler}>
                {adapter.sampler}
              </code>
              <IconButton label={`Delete ${adapter.name}`} side="left" onClick={() => void embedded.drop(adapter)}>
                <Trash2 size={13} />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

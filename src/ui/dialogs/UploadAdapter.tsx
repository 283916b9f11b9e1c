/** A button that takes a PEFT adapter from files: its config and its weights, or an archive of them. */
import { LoaderCircle, Upload } from 'lucide-react'
import { useRef } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { BroughtAdapter } from '#src/store/embedded.ts'
import { useStores } from '../shell/useStores.ts'
import { Button } from '../theme/Button.tsx'

const ARCHIVE = /\.(tar|tar\.gz|tgz)$/i

export function UploadAdapter({ onTaken }: { readonly onTaken?: (adapter: BroughtAdapter) => void }): ReactElement {
  const { embedded } = useStores()
  const { taking } = useSnapshot(embedded.state)
  const input = useRef<HTMLInputElement>(null)
  async function take(files: readonly File[]): Promise<void> {
    if (files.length === 0) return
    const bytes = await Promise.all(files.map(async (file) => [file.name, new Uint8Array(await file.arrayBuffer())]))
    const taken = await embedded.bring({
      name: nameOf(files),
      files: Object.fromEntries(bytes) as Record<string, Uint8Array>,
    })
    if (taken) onTaken?.(taken)
  }
  return (
    <>
      <Button
        disabled={taking}
        title="A LoRA adapter as PEFT saves it: adapter_config.json and adapter_model.safetensors together, or a .tar of them"
        onClick={() => input.current?.click()}
      >
        {taking ? <LoaderCircle size={13} className="animate-spin" aria-hidden /> : <Upload size={13} aria-hidden />}
        {taking ? 'Reading …' : 'Upload adapter'}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        aria-label="Files of the adapter"
        accept=".json,.safetensors,.tar,.gz,.tgz"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          // The same files may be chosen again after a failure.
          event.target.value = ''
          void take(files)
        }}
      />
    </>
  )
}

/** An archive's own name; files of a folder do not say what the folder is called. */
function nameOf(files: readonly File[]): string {
  const archive = files.find((file) => ARCHIVE.test(file.name))
  const stem = archive?.name.replace(ARCHIVE, '').replace(/[^A-Za-z0-9._-]+/g, '-')
  return stem || 'adapter'
}

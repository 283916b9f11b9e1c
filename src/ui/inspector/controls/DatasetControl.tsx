/** Where rows come from: a built-in set, a file, or pasted text; with how reading went and a look at the rows. */
import { ClipboardPaste, Eye, FileUp } from 'lucide-react'
import { useState } from 'react'
import type { DragEvent, ReactElement } from 'react'
import type { DatasetSource } from '#src/ir/dataset.ts'
import type { BuiltinSet } from '#src/kinds/contract.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { datasetFile, MAX_FILE_BYTES } from '#src/store/datasetFile.ts'
import { useEditor } from '../../shell/useEditor.ts'
import { ReadingState } from '../../data/ReadingState.tsx'
import { Button } from '../../theme/Button.tsx'
import { setBuiltinSet, setDatasetFile } from '../setDatasetFile.ts'
import { INPUT_CLASS } from './controlClasses.ts'
import type { ControlProps } from './Control.tsx'
import { Select } from './SelectControl.tsx'

type Props = ControlProps & { readonly builtin: readonly BuiltinSet[]; readonly view: NodeView }

const FILE = '\u0000file'

export function DatasetControl({ id, described, edit, builtin, view }: Props): ReactElement {
  const editor = useEditor()
  const [pasting, setPasting] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [over, setOver] = useState(false)
  const source = edit.value as DatasetSource
  const node = view.rec.id

  const take = (name: string, text: string): void => {
    const file = datasetFile(name, text)
    setProblem(file.ok ? null : file.error.message)
    if (!file.ok) return
    setDatasetFile(editor, node, file.value)
    setPasting(null)
  }
  const takeFile = async (file: File | undefined): Promise<void> => {
    if (!file) return
    if (file.size > MAX_FILE_BYTES)
      setProblem(
        `${file.name} has ${Math.ceil(file.size / 1e6)} MB; files of up to ${MAX_FILE_BYTES / 1e6} MB can be kept in a document.`,
      )
    else take(file.name, await file.text())
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    event.stopPropagation()
    setOver(false)
    void takeFile(event.dataTransfer.files[0])
  }

  return (
    <div
      className={over ? 'rounded-md outline-2 outline-offset-2 outline-accent' : undefined}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Select
        id={id}
        described={described}
        value={source.type === 'builtin' ? source.name : FILE}
        options={[
          ...builtin.map((set) => ({ value: set.name, label: set.title, help: set.help })),
          ...(source.type === 'asset' ? [{ value: FILE, label: source.name }] : []),
        ]}
        onChange={(name) => {
          if (name !== FILE)
            setBuiltinSet(
              editor,
              node,
              builtin.find((set) => set.name === name)!,
            )
        }}
      />
      {source.type === 'builtin' ? (
        <p className="mt-1 text-2xs text-faint">{builtin.find((set) => set.name === source.name)?.help}</p>
      ) : null}
      <div className="mt-1.5 flex gap-1.5">
        <Button
          onClick={async () => void takeFile((await editor.ports.pickFiles('.jsonl,.json,.csv,.ndjson,.tsv,.txt'))[0])}
        >
          <FileUp size={13} /> File
        </Button>
        <Button onClick={() => setPasting(pasting === null ? '' : null)} aria-expanded={pasting !== null}>
          <ClipboardPaste size={13} /> Paste
        </Button>
        <Button onClick={() => editor.surface.openDialog('rows', { node })}>
          <Eye size={13} /> Rows
        </Button>
      </div>
      {pasting === null ? null : (
        <div className="mt-1.5">
          <textarea
            aria-label="Rows as JSONL, JSON or CSV"
            rows={6}
            className={`${INPUT_CLASS} h-auto resize-y py-1.5 font-mono text-xs`}
            placeholder={'{"prompt": "2+2", "answer": "4"}'}
            value={pasting}
            onChange={(event) => setPasting(event.target.value)}
          />
          <Button
            look="primary"
            className="mt-1"
            disabled={pasting.trim() === ''}
            onClick={() => take('pasted', pasting)}
          >
            Use these rows
          </Button>
        </div>
      )}
      {problem ? (
        <p role="alert" className="mt-1 text-xs text-bad">
          {problem}
        </p>
      ) : null}
      <ReadingState view={view} />
    </div>
  )
}

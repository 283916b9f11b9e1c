/** Which columns are the conversation: found automatically, or chosen by hand from the columns of the file. */
import { useId } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { ColumnMapping, DatasetSource } from '#src/ir/dataset.ts'
import { datasetKey } from '#src/ir/datasetKey.ts'
import type { NodeView } from '#src/store/nodeView.ts'
import { useStores } from '../../shell/useStores.ts'
import type { ControlProps } from './Control.tsx'
import { Select } from './SelectControl.tsx'

type Props = ControlProps & { readonly view: NodeView }

const NONE = ''

export function MappingControl({ id, described, edit, view }: Props): ReactElement {
  const { facts } = useStores()
  const { entries } = useSnapshot(facts.state)
  const mapping = edit.value as ColumnMapping
  const source = view.params['source'] as DatasetSource
  const entry = entries[datasetKey({ source, mapping })]
  const known = entry?.phase === 'known' ? entry.facts : null
  const columns = known?.columns ?? []
  const first = columns[0] ?? ''

  const set = (next: ColumnMapping): void => {
    edit.set(next)
    edit.done()
  }
  const choose = (type: string): void => {
    const found = known?.mapping
    if (type === 'messages') set({ type, messages: found?.type === 'messages' ? found.messages : first })
    else if (type === 'prompt') {
      set(found?.type === 'prompt' ? found : { type, prompt: first, answer: columns[1] ?? null, system: null })
    } else set({ type: 'auto' })
  }

  return (
    <div className="flex flex-col gap-1.5">
      <Select
        id={id}
        described={described}
        value={mapping.type}
        options={[
          { value: 'auto', label: 'Automatic' },
          { value: 'messages', label: 'A column of messages' },
          { value: 'prompt', label: 'Prompt and answer columns' },
        ]}
        onChange={choose}
      />
      {mapping.type === 'auto' && known?.mapping ? <p className="text-2xs text-faint">{found(known.mapping)}</p> : null}
      {mapping.type === 'messages' ? (
        <ColumnSelect
          label="Messages"
          columns={columns}
          value={mapping.messages}
          onChange={(messages) => set({ ...mapping, messages })}
        />
      ) : null}
      {mapping.type === 'prompt' ? (
        <>
          <ColumnSelect
            label="Prompt"
            columns={columns}
            value={mapping.prompt}
            onChange={(prompt) => set({ ...mapping, prompt })}
          />
          <ColumnSelect
            label="Answer"
            columns={columns}
            optional
            value={mapping.answer}
            onChange={(answer) => set({ ...mapping, answer: answer || null })}
          />
          <ColumnSelect
            label="System"
            columns={columns}
            optional
            value={mapping.system}
            onChange={(system) => set({ ...mapping, system: system || null })}
          />
        </>
      ) : null}
    </div>
  )
}

function found(mapping: Exclude<ColumnMapping, { type: 'auto' }>): string {
  if (mapping.type === 'messages') return `Found conversations in “${mapping.messages}”.`
  return `Found prompts in “${mapping.prompt}”${mapping.answer === null ? ', no answers' : ` and answers in “${mapping.answer}”`}.`
}

function ColumnSelect({
  label,
  columns,
  value,
  optional = false,
  onChange,
}: {
  readonly label: string
  readonly columns: readonly string[]
  readonly value: string | null
  readonly optional?: boolean
  onChange(value: string): void
}): ReactElement {
  const id = useId()
  return (
    <div className="flex items-center gap-2">
      <label htmlFor={id} className="w-14 shrink-0 text-2xs text-muted">
        {label}
      </label>
      <Select
        id={id}
        value={value ?? NONE}
        options={[
          ...(optional ? [{ value: NONE, label: 'none' }] : []),
          ...columns.map((c) => ({ value: c, label: c })),
        ]}
        onChange={onChange}
      />
    </div>
  )
}

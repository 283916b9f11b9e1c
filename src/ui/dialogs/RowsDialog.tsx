/** A dataset's rows as they are in the file and as they will be trained on, with what is wrong and on which line. */
import { Tabs } from 'radix-ui'
import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { DatasetRequest } from '#src/ir/dataset.ts'
import { useEditor, useNodeView } from '../shell/useEditor.ts'
import { useStores } from '../shell/useStores.ts'
import { requestOf } from '../data/requestOf.ts'
import { Conversations, FileTable, RowProblems } from '../data/RowTables.tsx'
import type { RowPreview } from '../data/RowTables.tsx'
import { DialogFrame } from './DialogFrame.tsx'

const SHOWN_ROWS = 200

export function RowsDialog(): ReactElement {
  const { surface } = useEditor()
  const { dialogArgs } = useSnapshot(surface.state)
  const view = useNodeView(String(dialogArgs['node'] ?? ''))
  const request = view && requestOf(view)
  const preview = usePreview(request)
  return (
    <DialogFrame
      title={view ? `Rows of ${view.title}` : 'Rows'}
      width="xl"
      description={preview.ok ? undefined : preview.note}
    >
      {preview.ok ? <Preview preview={preview.rows} /> : null}
    </DialogFrame>
  )
}

export default RowsDialog

function Preview({ preview }: { readonly preview: RowPreview }): ReactElement {
  const tabs = [
    { id: 'mapped', title: 'Conversations', count: preview.mapped.length },
    { id: 'raw', title: 'File', count: preview.raw.length },
    { id: 'problems', title: 'Problems', count: preview.diagnostics.length },
  ]
  return (
    <Tabs.Root defaultValue={preview.mapped.length > 0 ? 'mapped' : 'problems'}>
      <Tabs.List
        aria-label="Views of the rows"
        className="mb-3 inline-flex rounded-md border border-line bg-sunken p-0.5"
      >
        {tabs.map((tab) => (
          <Tabs.Trigger
            key={tab.id}
            value={tab.id}
            className="h-6 rounded-sm px-2.5 text-xs font-medium text-muted data-[state=active]:bg-panel data-[state=active]:text-text data-[state=active]:shadow-raised"
          >
            {tab.title}{' '}
            <span className="tabular ml-1 text-faint">
              {tab.count === SHOWN_ROWS ? `first ${tab.count}` : tab.count}
            </span>
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <Tabs.Content value="mapped">
        <Conversations rows={preview.mapped} />
      </Tabs.Content>
      <Tabs.Content value="raw">
        <FileTable preview={preview} />
      </Tabs.Content>
      <Tabs.Content value="problems">
        <RowProblems diagnostics={preview.diagnostics} />
      </Tabs.Content>
    </Tabs.Root>
  )
}

type Loaded = { readonly ok: true; readonly rows: RowPreview } | { readonly ok: false; readonly note: string }

function usePreview(request: DatasetRequest | null): Loaded {
  const { doc } = useEditor()
  const { facts } = useStores()
  const [loaded, setLoaded] = useState<Loaded>({ ok: false, note: 'Reading …' })
  const key = JSON.stringify(request)
  useEffect(() => {
    let stale = false
    const wanted = JSON.parse(key) as DatasetRequest | null
    if (!wanted) return
    const { source } = wanted
    const assetText = source.type === 'asset' ? (doc.get().assets[source.asset]?.text ?? null) : null
    void facts.preview({ request: wanted, assetText }, SHOWN_ROWS).then((answer) => {
      if (!stale) setLoaded(answer.ok ? { ok: true, rows: answer.value } : { ok: false, note: answer.error.message })
    })
    return () => {
      stale = true
    }
  }, [key, doc, facts])
  return request ? loaded : { ok: false, note: 'This node has no rows.' }
}

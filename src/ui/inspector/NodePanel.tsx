/** One node: its name, what is wrong with it, its fields by section, and its help. */
import { Braces, CircleHelp } from 'lucide-react'
import { Suspense, lazy, useEffect, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { NodeView } from '#src/store/nodeView.ts'
import { useEditor } from '../shell/useEditor.ts'
import { IconButton } from '../theme/IconButton.tsx'
import { GroupPanel } from './GroupPanel.tsx'
import { ParameterUses } from './ParameterUses.tsx'
import { FieldSections } from './FieldSections.tsx'
import { PanelHeader } from './PanelHeader.tsx'
import { ProblemList } from './ProblemList.tsx'
import { TitleField } from './TitleField.tsx'
import { useNodeProblems } from './useNodeProblems.ts'

/** Markdown is only read by those who ask for help. */
const KindHelp = lazy(() => import('./KindHelp.tsx'))
const NodeConfig = lazy(() => import('./NodeConfig.tsx'))

export function NodePanel({ view }: { readonly view: NodeView }): ReactElement {
  const { surface, prefs } = useEditor()
  const [help, setHelp] = useState(false)
  const [focused, setFocused] = useState<string | null>(null)
  const problems = useNodeProblems(view.rec.id)
  const body = useRef<HTMLDivElement>(null)
  const { jump } = useSnapshot(surface.state)
  const { configShown: config } = useSnapshot(prefs)
  const { kind } = view
  const id = view.rec.id

  useEffect(() => {
    if (!jump || jump.node !== id || jump.field === null) return
    const field = body.current?.querySelector<HTMLElement>(`[data-field="${CSS.escape(jump.field)}"]`)
    field?.scrollIntoView({ block: 'nearest' })
    field?.querySelector<HTMLElement>('[data-control] :is(input, select, textarea, button)')?.focus()
  }, [jump, id])

  return (
    <div className="flex h-full flex-col">
      <PanelHeader
        view={view}
        name={<TitleField id={id} title={view.rec.title} placeholder={view.kindTitle} />}
        description={
          kind?.description ??
          `This installation has no node kind “${view.kindTitle}”. Its params are kept as they are.`
        }
      >
        {kind ? (
          <>
            <IconButton
              label={config ? 'Hide the config' : 'What becomes of it: the config of its stages'}
              pressed={config}
              side="left"
              onClick={() => (prefs.configShown = !config)}
            >
              <Braces size={15} />
            </IconButton>
            <IconButton
              label={help ? 'Hide the help' : 'What this node is for, and all its fields'}
              pressed={help}
              side="left"
              onClick={() => setHelp(!help)}
            >
              <CircleHelp size={15} />
            </IconButton>
          </>
        ) : null}
      </PanelHeader>
      <div
        ref={body}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-3 pb-6"
        onFocus={(event) => setFocused(event.target.closest<HTMLElement>('[data-field]')?.dataset['field'] ?? focused)}
      >
        <ProblemList problems={problems.filter((p) => p.at.on !== 'field')} />
        {kind ? (
          <>
            {help ? (
              <Suspense fallback={null}>
                <KindHelp key={kind.kind} kind={kind.kind} />
              </Suspense>
            ) : null}
            {config ? (
              <Suspense fallback={null}>
                <NodeConfig card={id} field={focused} />
              </Suspense>
            ) : null}
            <FieldSections view={view} fields={view.fields} problems={problems} help={help} />
            {kind.inside ? <GroupPanel view={view} /> : null}
            {kind.parameter ? <ParameterUses view={view} /> : null}
          </>
        ) : (
          <pre className="mt-3 overflow-auto rounded-md border border-line bg-sunken p-2 font-mono text-2xs">
            {JSON.stringify(view.rec.params, null, 2)}
          </pre>
        )}
      </div>
    </div>
  )
}

import { lazy, useEffect } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Editor } from '#src/store/editor.ts'
import { LiveRegion } from '../a11y/LiveRegion.tsx'
import { TipProvider } from '../theme/Tip.tsx'
import { listenToPaste } from './clipboardEvents.ts'
import { FileDrop } from './FileDrop.tsx'
import { listenToKeys } from './keys.ts'
import { SlotsContext } from './slots.ts'
import type { ShellSlots } from './slots.ts'
import { Overlays } from './Overlays.tsx'
import { SlotBoundary } from './SlotBoundary.tsx'
import { BottomBar, TopBar } from './TopBar.tsx'
import { EditorContext } from './useEditor.ts'
import { NARROW, useMedia } from './useMedia.ts'
import { Workspace } from './Workspace.tsx'

const ElsewhereBanner = lazy(() => import('./ElsewhereBanner.tsx'))

/** The whole window. */
export function App({ editor, slots }: { readonly editor: Editor; readonly slots: ShellSlots }): ReactElement {
  const narrow = useMedia(NARROW)
  const { theme } = useSnapshot(editor.prefs)
  const { access } = useSnapshot(editor.documents.state)

  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
  }, [theme])
  useEffect(() => listenToKeys(editor), [editor])
  useEffect(() => listenToPaste(editor), [editor])
  useEffect(() => {
    const show = (): void => void (document.title = `${editor.doc.get().title} · Tunegraph`)
    show()
    return editor.doc.subscribe(show)
  }, [editor])

  return (
    <EditorContext value={editor}>
      <SlotsContext value={slots}>
        <TipProvider>
          <div className="flex h-dvh flex-col">
            <TopBar />
            {access === 'elsewhere' ? (
              <SlotBoundary name="Who edits this graph" quiet>
                <ElsewhereBanner />
              </SlotBoundary>
            ) : null}
            <Workspace />
            {narrow ? <BottomBar /> : null}
          </div>
          <Overlays />
          <FileDrop />
          <LiveRegion />
        </TipProvider>
      </SlotsContext>
    </EditorContext>
  )
}

import { useEffect } from 'react'
import type { ReactElement } from 'react'
import { useSnapshot } from 'valtio'
import type { Editor } from '#src/store/editor.ts'
import { LiveRegion } from '../a11y/LiveRegion.tsx'
import { TipProvider } from '../theme/Tip.tsx'
import { listenToPaste } from './clipboardEvents.ts'
import { ElsewhereBanner } from './ElsewhereBanner.tsx'
import { FileDrop } from './FileDrop.tsx'
import { listenToKeys } from './keys.ts'
import { Notice } from './Notice.tsx'
import { SlotsContext } from './slots.ts'
import type { ShellSlots } from './slots.ts'
import { Overlays } from './Overlays.tsx'
import { BottomBar, TopBar } from './TopBar.tsx'
import { EditorContext } from './useEditor.ts'
import { NARROW, useMedia } from './useMedia.ts'
import { Workspace } from './Workspace.tsx'

/** The whole window. */
export function App({ editor, slots }: { readonly editor: Editor; readonly slots: ShellSlots }): ReactElement {
  const narrow = useMedia(NARROW)
  const { theme } = useSnapshot(editor.prefs)

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
            <ElsewhereBanner />
            <Workspace />
            {narrow ? <BottomBar /> : null}
          </div>
          <Overlays />
          <Notice />
          <FileDrop />
          <LiveRegion />
        </TipProvider>
      </SlotsContext>
    </EditorContext>
  )
}

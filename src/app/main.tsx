import '#src/ui/theme/theme.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from '#src/ui/shell/App.tsx'
import { StoresContext } from '#src/ui/shell/useStores.ts'
import { compose } from './compose.ts'
import { slots } from './slots.tsx'

const { editor, stores, begin } = compose()
const drawing = new Promise<void>((opened) => void editor.doc.subscribe(() => opened()))
void begin()

function render(): void {
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <StoresContext value={stores}>
        <App editor={editor} slots={slots} />
      </StoresContext>
    </StrictMode>,
  )
}

// Storage opens in some 20 ms: then shell and drawing are one rendering. A slow one does not keep the window empty.
void Promise.race([drawing, new Promise((late) => setTimeout(late, 200))]).then(render)

// The last moment at which a page may still be asked: what is unsaved is written now.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') void editor.documents.flush()
})

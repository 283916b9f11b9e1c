import '#src/ui/theme/theme.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from '#src/ui/shell/App.tsx'
import { StoresContext } from '#src/ui/shell/useStores.ts'
import { compose } from './compose.ts'
import { slots } from './slots.tsx'

const { editor, stores, begin } = compose()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <StoresContext value={stores}>
      <App editor={editor} slots={slots} />
    </StoresContext>
  </StrictMode>,
)

void begin()

// The last moment at which a page may still be asked: what is unsaved is written now.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') void editor.documents.flush()
})

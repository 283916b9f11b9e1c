/** Paste by the browser's own event: it needs no permission and carries files, which reading the clipboard does not. */
import type { Editor } from '#src/store/editor.ts'
import { openFiles } from '#src/store/openFiles.ts'
import { focusPlace } from './keys.ts'

export function listenToPaste(editor: Editor): () => void {
  function onPaste(event: ClipboardEvent): void {
    const place = focusPlace(event.target)
    if (place === 'field' || place === 'dialog' || !event.clipboardData) return
    const files = [...event.clipboardData.files]
    const text = event.clipboardData.getData('text/plain')
    if (files.length === 0 && text === '') return
    event.preventDefault()
    if (files.length > 0) {
      void openFiles(editor, files, editor.viewport.pointer())
    } else editor.commands.run('edit.paste', { text })
  }
  document.addEventListener('paste', onPaste)
  return () => document.removeEventListener('paste', onPaste)
}

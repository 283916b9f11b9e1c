/** Key presses of the window to commands, by where the focus is. */
import { createKeymap } from '#src/store/keymap.ts'
import type { FocusPlace } from '#src/store/keymap.ts'
import type { Editor } from '#src/store/editor.ts'

export function listenToKeys(editor: Editor): () => void {
  const keymap = createKeymap(() => editor.commands.all, editor.platform)
  let leaving = false
  function onKeyDown(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return
    const found = keymap.press(event, focusPlace(event.target), event.timeStamp)
    if (found === null || (found !== 'pending' && belongsToBrowser(found.id))) return
    event.preventDefault()
    if (found === 'pending') return
    // Escape leads out of groups, however often it is pressed: on the way out it must not stop a run.
    const inGroup = event.key === 'Escape' && editor.doc.state.level !== ''
    editor.commands.run(event.key === 'Escape' && (inGroup || leaving) ? 'select.none' : found.id)
    leaving = inGroup
  }
  window.addEventListener('keydown', onKeyDown)
  return () => window.removeEventListener('keydown', onKeyDown)
}

/** The paste event follows its key and carries more; text that is marked in a panel is what Copy means. */
function belongsToBrowser(command: string): boolean {
  if (command === 'edit.paste') return true
  return (command === 'edit.copy' || command === 'edit.cut') && document.getSelection()?.isCollapsed === false
}

export function focusPlace(target: EventTarget | null): FocusPlace {
  if (!(target instanceof HTMLElement)) return 'graph'
  if (target.closest('[role="dialog"], [role="menu"], [role="alertdialog"]')) return 'dialog'
  if (target.closest('input, textarea, select, [contenteditable="true"]')) return 'field'
  if (target.closest('[data-place="list"], [role="tablist"], [role="listbox"], [role="grid"], [role="tree"]'))
    return 'list'
  if (target.closest('[data-place="graph"]')) return 'graph'
  return target === document.body ? 'graph' : 'button'
}

/** A tab that edits a graph goes on editing it after a reload, although another tab that looked on was given it meanwhile. */
import type { Documents } from '#src/store/documents.ts'

const KEY = 'tunegraph.edited'

/** Written only as the page goes, so that a duplicate of a living tab does not find it. */
export function rememberEditing(documents: Documents, openId: () => string): void {
  addEventListener('pagehide', () => {
    if (documents.state.access !== 'here') return
    try {
      sessionStorage.setItem(KEY, openId())
    } catch {
      // Without it the tab looks on after the reload, and can take over by hand.
    }
  })
}

/** To be called when a graph is open. */
export async function editAgain(documents: Documents, openId: () => string): Promise<void> {
  if (takeNote() === openId() && documents.state.access === 'elsewhere') await documents.takeOver()
}

function takeNote(): string | null {
  try {
    const note = sessionStorage.getItem(KEY)
    sessionStorage.removeItem(KEY)
    return note
  } catch {
    return null
  }
}

/** What the editor asks of the browser: clipboard, downloads, file dialogs, timers, preferences. */
import type { EditorPorts } from '#src/store/editor.ts'
import type { Platform } from '#src/store/keymap.ts'
import type { PrefsStorage } from '#src/store/prefs.ts'

const PREFS_KEY = 'tunegraph.prefs'

export function browserPorts(layout: EditorPorts['layout']): EditorPorts {
  return {
    layout,
    clipboard: {
      async read() {
        try {
          return await navigator.clipboard.readText()
        } catch {
          // Refused by the person or the browser: the caller says so.
          return null
        }
      },
      async write(text) {
        try {
          await navigator.clipboard.writeText(text)
          return true
        } catch {
          return false
        }
      },
    },
    download(name, text) {
      const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
      const link = document.createElement('a')
      link.href = url
      link.download = name
      link.click()
      // Some browsers read the address only after the click has been handled.
      setTimeout(() => URL.revokeObjectURL(url), 10_000)
    },
    pickFiles(accept) {
      return new Promise((resolve) => {
        const input = document.createElement('input')
        input.type = 'file'
        input.accept = accept
        input.multiple = true
        input.addEventListener('change', () => resolve([...(input.files ?? [])]))
        input.addEventListener('cancel', () => resolve([]))
        input.click()
      })
    },
  }
}

export function browserPlatform(): Platform {
  return /Mac|iPhone|iPad/.test(navigator.platform) ? 'mac' : 'other'
}

/** Storage may be switched off altogether: then preferences last as long as the page. */
export const localPrefs: PrefsStorage = {
  read() {
    try {
      return localStorage.getItem(PREFS_KEY)
    } catch {
      return null
    }
  },
  write(text) {
    try {
      localStorage.setItem(PREFS_KEY, text)
    } catch {
      // Full or forbidden: nothing a person could do about a panel's width.
    }
  },
}

export function laterInPage(task: () => void, ms: number): () => void {
  const timer = setTimeout(task, ms)
  return () => clearTimeout(timer)
}

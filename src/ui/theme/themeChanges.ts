/** For what is painted on canvases: tells when the theme's colours are others, so that they are resolved once and not per frame. */
const listeners = new Set<() => void>()
let stop: (() => void) | null = null

export function onThemeChange(listener: () => void): () => void {
  listeners.add(listener)
  stop ??= watch()
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    stop?.()
    stop = null
  }
}

function watch(): () => void {
  const tell = (): void => {
    for (const listener of [...listeners]) listener()
  }
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  const choice = new MutationObserver(tell)
  scheme.addEventListener('change', tell)
  choice.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  return () => {
    scheme.removeEventListener('change', tell)
    choice.disconnect()
  }
}

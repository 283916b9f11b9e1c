/** Where a paused run waits: closed by Pause, noticed at the next step boundary, opened by Continue or Stop. */
import type { Journal } from './journal.ts'

export type PauseGate = {
  pause(): void
  continue(): Promise<void>
  /** Resolves at once while nobody wants a pause. */
  boundary(): Promise<void>
}

export function createPauseGate(journal: Pick<Journal, 'emit'>, signal: AbortSignal): PauseGate {
  let wanted = false
  /** Set from the boundary that noticed the pause until the run goes on. */
  let waiting: { readonly gate: Promise<void>; open(): void } | null = null

  function close(): { readonly gate: Promise<void>; open(): void } {
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    return { gate, open }
  }

  async function wait(): Promise<void> {
    if (waiting === null) {
      waiting = close()
      await journal.emit({ type: 'runPaused' })
    }
    await waiting?.gate
  }

  signal.addEventListener('abort', () => {
    wanted = false
    waiting?.open()
    waiting = null
  })

  return {
    pause() {
      if (!signal.aborted) wanted = true
    },
    async continue() {
      wanted = false
      if (waiting === null) return
      const { open } = waiting
      waiting = null
      await journal.emit({ type: 'runContinued' })
      open()
    },
    boundary: () => (wanted && !signal.aborted ? wait() : Promise.resolve()),
  }
}

/** Says when a server has held work back for long and nothing has moved since. Source: features 5.18. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { diagnoseTraining } from './codes.ts'

export type PauseWatch = {
  /** The server says that work waits; more of the same changes nothing. Any other state is no pause. */
  queue(state: string, reason: string | null): void
  /** Something came back from the server. */
  moved(): void
}

const LONG_MS = 5 * 60_000

/** Call `moved` at the end, or a timer is left. */
export function createPauseWatch(tell: (diagnostic: Diagnostic) => void, longMs = LONG_MS): PauseWatch {
  let timer: ReturnType<typeof setTimeout> | null = null
  const moved = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
  }
  return {
    moved,
    queue(state, reason) {
      if (!state.startsWith('paused_')) return
      timer ??= setTimeout(() => {
        timer = null
        const why = reason === null ? '' : ` (${reason})`
        const message = `The server has held work back for ${longMs / 60_000} minutes${why}; the run goes on by itself as soon as the server does.`
        tell(diagnoseTraining('TR5110', { on: 'document' }, message))
      }, longMs)
    },
  }
}

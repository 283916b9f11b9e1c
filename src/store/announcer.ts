/** Sentences for the live region: what just happened, for people who do not see it. */
import { proxy } from 'valtio/vanilla'

export type Announcer = {
  /** `count` changes with every message, so that the same sentence is read again. */
  readonly state: { polite: string; assertive: string; count: number }
  say(text: string): void
  /** For errors: interrupts what is being read. */
  alert(text: string): void
}

export function createAnnouncer(): Announcer {
  const state = proxy({ polite: '', assertive: '', count: 0 })
  return {
    state,
    say(text) {
      state.polite = text
      state.count++
    },
    alert(text) {
      state.assertive = text
      state.count++
    },
  }
}

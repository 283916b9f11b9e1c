/** A pause that all submissions wait out together. Clients of one address and key share theirs: the server counts by key. */
import { onAbort, sleep } from './abort.ts'
import { baseOf } from '../config.ts'
import type { ServiceConfig } from '../config.ts'

export class PauseGate {
  #until = 0

  /** Unix time of the end of the last pause, ms; 0 before the first. */
  get until(): number {
    return this.#until
  }

  pause(ms: number, nowMs: number = Date.now()): void {
    this.#until = Math.max(this.#until, nowMs + ms)
  }

  /** False when the signal aborted first. */
  async wait(signal: AbortSignal): Promise<boolean> {
    for (let left = this.#until - Date.now(); left > 0; left = this.#until - Date.now())
      if (!(await sleep(left, signal))) return false
    return !signal.aborted
  }
}

const shared = new Map<string, { readonly gate: PauseGate; users: number }>()

/** The gate of all clients with this address and key, forgotten when the last of them is closed; else one of its own. */
export function gateFor(config: ServiceConfig, closing: AbortSignal): PauseGate {
  const { pauseScope = config.preset === 'python' ? 'client' : 'key' } = config
  const own = pauseScope === 'client' || config.getCredential !== undefined || closing.aborted
  if (own) return new PauseGate()
  const name = `${baseOf(config.publicUrl ?? config.baseUrl)} ${config.apiKey ?? ''}`
  const entry = shared.get(name) ?? { gate: new PauseGate(), users: 0 }
  shared.set(name, entry)
  entry.users++
  const release = onAbort(closing, () => {
    release()
    if (--entry.users === 0) shared.delete(name)
  })
  return entry.gate
}

/** How many gates are shared at the moment. */
export function sharedGates(): number {
  return shared.size
}

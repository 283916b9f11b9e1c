/** Lets the event loop turn between pieces of arithmetic, so that messages and cancellations get through. */

/** Longest stretch of arithmetic between two turns. */
const STRETCH_MS = 12

/** What of the platform is used here: no one type library of the rooms that build this file declares both. */
type Platform = {
  setImmediate?: (run: () => void) => void
  MessageChannel: new () => { port1: Port; port2: Port }
}
type Port = { onmessage: (() => void) | null; postMessage(message: number): void; close(): void }
const platform = globalThis as unknown as Platform

/** One full turn. setTimeout would wait 1–4 ms each time; Node has setImmediate, pages and workers have message channels. */
export function turn(): Promise<void> {
  const { setImmediate } = platform
  if (setImmediate) return new Promise((resolve) => setImmediate(resolve))
  return new Promise((resolve) => {
    const { port1, port2 } = new platform.MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(0)
  })
}

export type Pacer = {
  /** True when the stretch has been used up. */
  spent(): boolean
  /** One turn of the loop, and a new stretch. */
  rest(): Promise<void>
}

export function pacer(): Pacer {
  let since = performance.now()
  return {
    spent: () => performance.now() - since >= STRETCH_MS,
    rest: () =>
      turn().then(() => {
        since = performance.now()
      }),
  }
}

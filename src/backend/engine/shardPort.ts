/** What the engine needs of a worker: messages out, messages in, an end. Node and browsers differ only behind this. */
export type ShardPort = {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void
  /** Called once; every later message goes to the listener. */
  listen(onMessage: (message: unknown) => void, onError: (error: Error) => void): void
  /** Whether answers are outstanding: a port may let its process end while none are. */
  busy?(outstanding: boolean): void
  close(): void
}

/** Starts worker number `index`, whose script calls `serveShard`. */
export type SpawnWorker = (index: number) => ShardPort | Promise<ShardPort>

/** A Web Worker, or the MessagePort of one, as the page's `Worker` and `MessagePort` types have it. */
type WebEndpoint = {
  postMessage(message: unknown, options?: { transfer?: ArrayBuffer[] }): void
  addEventListener(type: string, listener: (event: { data?: unknown; message?: string }) => void): void
  start?(): void
  terminate?(): void
  close?(): void
}

/** Wraps a browser's Worker, a MessagePort, or a worker's own global scope. */
export function webShardPort(endpoint: WebEndpoint): ShardPort {
  return {
    post: (message, transfer) => endpoint.postMessage(message, { transfer: [...(transfer ?? [])] }),
    listen(onMessage, onError) {
      endpoint.addEventListener('message', (event) => onMessage(event.data))
      endpoint.addEventListener('error', (event) => onError(new Error(event.message ?? 'the worker failed to start')))
      endpoint.start?.()
    },
    close() {
      if (endpoint.terminate) endpoint.terminate()
      else endpoint.close?.()
    },
  }
}

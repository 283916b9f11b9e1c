/** What carries requests: the caller's fetch, the page's, or in Node its own HTTP client, which costs far less. */
import { exchange } from './exchange.ts'
import type { Exchange, Fetch, HttpRequest } from './exchange.ts'
import type { NodeHttp } from './nodeHttp.ts'

const platformFetch = (globalThis as { fetch?: unknown }).fetch

/** Under this name Node's fetch finds what it sends through; something else than usual stands there for a proxy. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1')

export class Carrier {
  readonly fetch: Fetch
  readonly #given: boolean
  #node: NodeHttp | undefined
  #loading: Promise<void> | undefined
  #closed = false

  constructor(fetch: Fetch | undefined) {
    this.#given = fetch !== undefined
    this.fetch = fetch ?? ((request) => globalThis.fetch(request))
  }

  /** Never rejects for anything the network, the server or the caller's signal does. */
  async send(http: HttpRequest): Promise<Exchange> {
    const load = this.#given || fetchIsChanged() ? undefined : nodeModules()
    if (load === undefined) return exchange(this.fetch, http)
    if (this.#node === undefined) {
      this.#loading ??= import('./nodeHttp.ts').then(({ NodeHttp }) => {
        this.#node = new NodeHttp(load)
        if (this.#closed) this.#node.close()
      })
      await this.#loading
    }
    return this.#node!.send(this.fetch, http)
  }

  /** No connection is kept for later any more. Requests on their way end as their signals say. */
  close(): void {
    this.#closed = true
    this.#node?.close()
  }
}

/** Somebody replaced fetch or told it to take another way, such as through a proxy: that is meant for us too. */
function fetchIsChanged(): boolean {
  const dispatcher = (globalThis as Record<symbol, object | undefined>)[DISPATCHER]
  return globalThis.fetch !== platformFetch || (dispatcher !== undefined && dispatcher.constructor.name !== 'Agent')
}

function nodeModules(): ((name: string) => unknown) | undefined {
  return typeof process === 'undefined' ? undefined : process?.getBuiltinModule
}

/** What the library asks of its platform, and no more: pages, workers, Node and the like all have it. */
interface Event {
  readonly type: string
}
interface EventTarget {
  addEventListener(type: string, listener: (event: Event) => void, options?: { once?: boolean }): void
  removeEventListener(type: string, listener: (event: Event) => void): void
}
interface AbortSignal extends EventTarget {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
}
declare const AbortSignal: { abort(reason?: unknown): AbortSignal; timeout(ms: number): AbortSignal }
declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}
declare class DOMException extends Error {
  constructor(message?: string, name?: string)
}

declare class Headers {
  constructor(init?: Iterable<readonly [string, string]> | Readonly<Record<string, string>> | Headers)
  get(name: string): string | null
  set(name: string, value: string): void
  has(name: string): boolean
  delete(name: string): void
  append(name: string, value: string): void
  forEach(visit: (value: string, name: string) => void): void
  entries(): IterableIterator<[string, string]>
  [Symbol.iterator](): IterableIterator<[string, string]>
}
type BodyInit = string | Uint8Array<ArrayBuffer> | ArrayBuffer | ReadableStream<Uint8Array<ArrayBuffer>>
interface RequestInit {
  method?: string
  headers?: Readonly<Record<string, string>> | Headers
  body?: BodyInit | null
  signal?: AbortSignal | null
  redirect?: 'follow' | 'manual' | 'error'
  mode?: 'cors' | 'no-cors' | 'same-origin'
  keepalive?: boolean
}
interface Body {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null
  arrayBuffer(): Promise<ArrayBuffer>
  json(): Promise<unknown>
  text(): Promise<string>
}
interface Request extends Body {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly signal: AbortSignal
}
declare const Request: new (input: string | URL | Request, init?: RequestInit) => Request
interface Response extends Body {
  readonly ok: boolean
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  readonly url: string
  readonly redirected: boolean
}
declare const Response: {
  new (
    body?: BodyInit | null,
    init?: { status?: number; headers?: Readonly<Record<string, string>> | Headers },
  ): Response
  json(value: unknown, init?: { status?: number }): Response
}
declare function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>

interface ReadableStreamDefaultReader<T> {
  read(): Promise<{ readonly done: false; readonly value: T } | { readonly done: true; readonly value: undefined }>
  cancel(reason?: unknown): Promise<void>
  releaseLock(): void
}
interface ReadableStreamDefaultController<T> {
  enqueue(chunk: T): void
  close(): void
  error(reason?: unknown): void
}
interface UnderlyingSource<T> {
  start?(controller: ReadableStreamDefaultController<T>): unknown
  pull?(controller: ReadableStreamDefaultController<T>): unknown
  cancel?(reason?: unknown): unknown
}
declare class ReadableStream<T = unknown> {
  constructor(source?: UnderlyingSource<T>)
  getReader(): ReadableStreamDefaultReader<T>
  cancel(reason?: unknown): Promise<void>
  pipeThrough<U>(pair: { readonly readable: ReadableStream<U>; readonly writable: unknown }): ReadableStream<U>
  [Symbol.asyncIterator](): AsyncIterableIterator<T>
}
declare class DecompressionStream {
  constructor(format: 'gzip' | 'deflate' | 'deflate-raw')
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly writable: unknown
}

interface URLSearchParams {
  append(name: string, value: string): void
  get(name: string): string | null
  set(name: string, value: string): void
}
declare const URLSearchParams: new (init?: string | Readonly<Record<string, string>>) => URLSearchParams
declare class URL {
  constructor(url: string | URL, base?: string | URL)
  href: string
  readonly origin: string
  protocol: string
  host: string
  hostname: string
  port: string
  pathname: string
  search: string
  hash: string
  username: string
  password: string
  readonly searchParams: URLSearchParams
}
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
  encodeInto(text: string, into: Uint8Array): { readonly read: number; readonly written: number }
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string
}
declare function atob(text: string): string
declare function btoa(text: string): string

declare function setTimeout(work: () => void, ms?: number): unknown
declare function clearTimeout(timer: unknown): void
declare function setInterval(work: () => void, ms?: number): unknown
declare function clearInterval(timer: unknown): void
declare function queueMicrotask(work: () => void): void
declare function structuredClone<T>(value: T): T
declare const performance: { now(): number; readonly timeOrigin: number }
/** Only ever asked after with `typeof`: Node has it, pages do not. */
declare const process:
  | {
      readonly versions?: { readonly node?: string }
      readonly platform?: string
      readonly getBuiltinModule?: (name: string) => unknown
    }
  | undefined
declare const crypto: {
  getRandomValues<T extends Uint8Array | Uint32Array>(into: T): T
  readonly subtle: { digest(algorithm: string, bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> }
}
declare const console: Record<'debug' | 'info' | 'log' | 'warn' | 'error', (...words: readonly unknown[]) => void>

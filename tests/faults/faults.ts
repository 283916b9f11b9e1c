/** What a network and the machines in it may do to one exchange, as data. */

export type ResetPoint =
  | 'before the request is read'
  | 'in the request body'
  | 'before the answer'
  | 'in the answer head'
  | 'in the answer body'
  | 'after the answer'

export type Fault =
  /** The connection is reset (RST) at this point. What lies before it has happened, so the server may have worked. */
  | { readonly does: 'reset'; readonly at: ResetPoint }
  /** Silence: the request, or only its answer, is swallowed and the connection stays open. */
  | { readonly does: 'drop'; readonly what: 'request' | 'answer' }
  | { readonly does: 'delay'; readonly what: 'request' | 'answer'; readonly ms: number }
  /** The server gets the request twice; the client gets the answer of the first or of the second. */
  | { readonly does: 'duplicate'; readonly answer: 0 | 1 }
  /** Held until another request has overtaken it, for `ms` at most. */
  | { readonly does: 'reorder'; readonly ms: number }
  /** Given up as in `drop`, but delivered to the server after all when the client has long asked again. */
  | { readonly does: 'late'; readonly ms: number }
  /** Only this share of the body arrives. `honest`: the length says so; otherwise the connection ends early. */
  | { readonly does: 'truncate'; readonly share: number; readonly honest: boolean }
  /** An answer from something in between; `after`: the server had done its work and its answer is lost. */
  | {
      readonly does: 'status'
      readonly status: number
      readonly after: boolean
      readonly body: 'json' | 'html' | 'empty'
      readonly headers?: Readonly<Record<string, string>>
    }
  /** The right bytes under another content type. */
  | { readonly does: 'contentType'; readonly type: string }
  /** The answer comes in pieces of so many bytes, each after a pause. */
  | { readonly does: 'trickle'; readonly bytes: number; readonly ms: number }

export const HTML_PAGE =
  '<!doctype html><html><head><title>Something in between</title></head><body><h1>Sorry</h1></body></html>'

/** In words, for messages of failing tests. */
export function describeFault(fault: Fault): string {
  const { does, ...rest } = fault
  return `${does} ${JSON.stringify(rest)}`
}

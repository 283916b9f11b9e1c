/** A small router: patterns of segments, `:name` for one segment, `*name` for one or more. First match wins. */
export type RouteParams = { readonly [name: string]: string }

export type RouteCall = {
  readonly request: Request
  readonly url: URL
  readonly params: RouteParams
  /** The whole body, decompressed; empty for GET, HEAD and DELETE. */
  readonly body: Uint8Array
}

export type Route = (call: RouteCall) => Response | Promise<Response>

type Entry = { method: string; segments: readonly string[]; route: Route }

export type RouteMatch =
  | { readonly found: 'route'; readonly route: Route; readonly params: RouteParams }
  | { readonly found: 'path'; readonly methods: readonly string[] }
  | { readonly found: 'nothing' }

export class Router {
  readonly #entries: Entry[] = []

  add(method: string, pattern: string, route: Route): this {
    this.#entries.push({ method, segments: pattern.split('/').filter(Boolean), route })
    return this
  }

  match(method: string, path: string): RouteMatch {
    const segments = path.split('/').filter(Boolean)
    const methods: string[] = []
    for (const entry of this.#entries) {
      const params = bind(entry.segments, segments)
      if (params === null) continue
      if (entry.method === method) return { found: 'route', route: entry.route, params }
      methods.push(entry.method)
    }
    return methods.length > 0 ? { found: 'path', methods } : { found: 'nothing' }
  }
}

function bind(pattern: readonly string[], segments: readonly string[]): RouteParams | null {
  const params: Record<string, string> = {}
  let at = 0
  for (const [i, part] of pattern.entries()) {
    const after = pattern.length - i - 1
    if (part.startsWith('*')) {
      const end = segments.length - after
      if (end <= at) return null
      params[part.slice(1)] = segments.slice(at, end).map(decoded).join('/')
      at = end
    } else {
      const segment = segments[at++]
      if (segment === undefined) return null
      if (part.startsWith(':')) params[part.slice(1)] = decoded(segment)
      else if (part !== segment) return null
    }
  }
  return at === segments.length ? params : null
}

/** A segment that is no valid percent-encoding stands for itself: it will be found unknown later. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

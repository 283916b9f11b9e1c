/** Cross-origin requests, for the origins that the host names. */
export type Origins = readonly string[] | '*'

const METHODS = 'GET, HEAD, POST, PUT, DELETE'
const EXPOSED = 'Location, Expires, Retry-After, WWW-Authenticate, Content-Length, Date'
/** A day: browsers cap it themselves. */
const PREFLIGHT_SECONDS = '86400'

/** The headers that let the page read the answer; none when its origin is not allowed or none was sent. */
export function corsHeaders(request: Request, origins: Origins): Record<string, string> {
  const origin = request.headers.get('origin')
  if (origin === null || !(origins === '*' || origins.includes(origin))) return {}
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED, vary: 'Origin' }
}

/** The answer to a preflight. Any header may be sent: clients add `X-Stainless-*` and `X-Tinker-*` of their own. */
export function preflightAnswer(request: Request, origins: Origins): Response {
  const allowed = corsHeaders(request, origins)
  if (Object.keys(allowed).length === 0) return new Response(null, { status: 403 })
  return new Response(null, {
    status: 204,
    headers: {
      ...allowed,
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? '*',
      'access-control-allow-private-network': 'true',
      'access-control-max-age': PREFLIGHT_SECONDS,
    },
  })
}

export function withHeaders(answer: Response, headers: Record<string, string>): Response {
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value)
  return answer
}

/** Manners of servers of the time before `client/config`; loaded when one is met. */

/**
 * What Twinkle routes by: one id of the client under all names that its layers read, and the key as a bearer token.
 * Source: servers reference §2.7; vectors, area headers.
 */
export function routingHeaders(clientId: string, key: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    'x-request-id': clientId,
    'X-Ray-Serve-Request-Id': clientId,
    serve_multiplexed_model_id: clientId,
    'Serve-Multiplexed-Model-Id': clientId,
  }
  if (key === undefined) return headers
  return { ...headers, Authorization: `Bearer ${key}`, 'Twinkle-Authorization': `Bearer ${key}` }
}

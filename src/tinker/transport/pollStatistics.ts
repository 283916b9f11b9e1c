/** What the official SDK tells the server about its polls, in headers. Loaded where they are sent. */

/** Names of operations that are not those of their routes. */
const TYPES: Readonly<Record<string, string>> = { asample: 'Sample' }

/**
 * Headers of one poll; `iteration` counts the polls for this result from 0. The first one says how long the operation took
 * from the call until the server had it. Source: protocol reference §1.4, SDK 0.25.0 and 0.38.0.
 */
export function pollHeaders(operation: string, iteration: number, acceptedAfterMs: number): Record<string, string> {
  const headers = {
    'X-Tinker-Request-Iteration': String(iteration),
    'X-Tinker-Request-Type': TYPES[operation] ?? pascalCase(operation),
  }
  return iteration > 0
    ? headers
    : { ...headers, 'X-Tinker-Create-Promise-Roundtrip-Time': String(acceptedAfterMs / 1000) }
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
}

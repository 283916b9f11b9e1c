/** Headers that hold credentials, and how they are shown. */

export const SECRET_HEADERS =
  /^(x-api-key|authorization|twinkle-authorization|proxy-authorization|cookie|cf-access-client-(id|secret)|x-tinker-weights-access-token)$/i

/** Headers as they may be shown: credentials masked, everything else as it is. */
export function shownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, SECRET_HEADERS.test(name) ? '…' : value]),
  )
}

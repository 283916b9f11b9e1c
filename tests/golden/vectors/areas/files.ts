/** Server-sent events and forms. */
import { formEntries } from '#src/tinker/wire/multipart.ts'
import { SseDecoder } from '#src/tinker/wire/sse.ts'
import { check, elsewhere, same } from '../vector.ts'
import type { FormValue } from '#src/tinker/wire/multipart.ts'

export const serverSentEvents = check<string[], unknown[]>((input, expected) => {
  const decoder = new SseDecoder()
  const events = input.flatMap((piece) => decoder.feed(new TextEncoder().encode(piece)))
  same(events, expected)
})

export const tinkexEvents = check(() => elsewhere('Tinkex reads streams by rules of its own'))

export const formFields = check<Record<string, FormValue>, [string, string][] | Record<string, string | string[]>>(
  (input, expected) => {
    const entries = formEntries(input)
    if (Array.isArray(expected)) return same(entries, expected)
    const grouped: Record<string, string | string[]> = {}
    for (const [name, value] of entries) {
      const known = grouped[name]
      grouped[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value]
    }
    same(grouped, expected)
  },
)

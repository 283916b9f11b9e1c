/** What an environment that the caller hands in says. */
import { configFromEnvironment, logLevelOf, tagsOf, telemetryWanted } from '#src/tinker/session/environment.ts'
import { check, elsewhere, isTinkex, same } from '../vector.ts'

type Address = { arg: string | null; env: string | null }

export const environment = check<(string | null)[] | Address[], unknown[]>((input, expected, vector) => {
  const words = (input as (string | null)[]).map((word) => word ?? undefined)
  if (vector.name.startsWith('TINKER_LOG')) {
    const levels = expected as { tinkex: string | null }[]
    // The wider reading: every word that either client knows.
    const named = words.map((word) => logLevelOf(word) ?? null)
    return same(
      named.map((level) => (level === 'warning' ? 'warn' : level)),
      levels.map(({ tinkex }) => tinkex),
    )
  }
  if (/^Tinkex|Tinkex:/.test(vector.name) || (isTinkex(vector) && !/0\.25\.0/.test(vector.name)))
    elsewhere('Tinkex reads this variable by a rule of its own')
  if (/TELEMETRY/.test(vector.name)) return same(words.map(telemetryWanted), expected)
  if (/TAGS/.test(vector.name))
    return same(
      words.map((word) => ({ set: [...(tagsOf(word) ?? [])] })),
      expected,
    )
  const addresses = (input as Address[]).map(({ arg, env }) => {
    const options = arg === null ? {} : { baseUrl: arg }
    return configFromEnvironment(env === null ? {} : { TINKER_BASE_URL: env }, options).baseUrl
  })
  same(addresses, expected)
})

/**
 * Configuration from environment variables, which the caller hands in: `configFromEnvironment(process.env)`. Nothing here
 * looks for an environment by itself, so a page can use it too, or nothing of it.
 */
import { cloudflareHeaders } from '../transport/headers.ts'
import type { ServiceConfig } from '../config.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export const HOSTED_URL = 'https://tinker.thinkingmachines.dev/services/tinker-prod'

/** What an environment says, options of the caller above it, defaults below. Source: protocol reference §1.2. */
export function configFromEnvironment(env: Environment, options: Partial<ServiceConfig> = {}): ServiceConfig {
  const apiKey = firstOf(env, 'TINKER_API_KEY', 'TWINKLE_SERVER_TOKEN', 'MODELSCOPE_TOKEN')
  const headers = cloudflareHeaders({
    clientId: env['CLOUDFLARE_ACCESS_CLIENT_ID'],
    clientSecret: env['CLOUDFLARE_ACCESS_CLIENT_SECRET'],
  })
  const projectId = firstOf(env, 'TINKER_PROJECT_ID')
  const tags = tagsOf(env['TINKER_TAGS'])
  const { headers: ownHeaders, baseUrl, ...own } = withoutAbsent(options)
  return {
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(projectId === undefined ? {} : { projectId }),
    ...(tags === undefined ? {} : { tags }),
    telemetry: telemetryWanted(env['TINKER_TELEMETRY']),
    ...own,
    baseUrl: baseUrl || firstOf(env, 'TINKER_BASE_URL', 'TWINKLE_SERVER_URL') || HOSTED_URL,
    headers: { ...headers, ...ownHeaders },
  }
}

/** An option that is there but undefined is not set. */
function withoutAbsent<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

/** The first of these variables with any text in it. */
function firstOf(env: Environment, ...names: readonly string[]): string | undefined {
  return names.map((name) => env[name]).find((value) => value !== undefined && value !== '')
}

/** On unless switched off: four words mean on, any other text off. Without a word about it, as the official SDK. */
export function telemetryWanted(text: string | undefined): boolean {
  return text === undefined || /^(1|true|yes|on)$/i.test(text)
}

/** Split at commas, untrimmed, each once; undefined when the variable is not set. */
export function tagsOf(text: string | undefined): readonly string[] | undefined {
  return text === undefined ? undefined : [...new Set(text.split(','))]
}

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'

/** `TINKER_LOG`, in any case; undefined for words that name no level. */
export function logLevelOf(text: string | undefined): LogLevel | undefined {
  const word = text?.toLowerCase()
  if (word === 'warn') return 'warning'
  return word === 'debug' || word === 'info' || word === 'warning' || word === 'error' ? word : undefined
}

/** `TINKER_FEATURE_GATES`: a list that the official SDK reads and does not use. */
export function featureGatesOf(text: string | undefined): readonly string[] {
  return text === undefined ? ['async_sampling'] : text.split(',').filter((gate) => gate !== '')
}

/** The connection doctor: tries a server step by step and names the first thing that is wrong, with its cure. */
import { Connection } from '../transport/connection.ts'
import { diagnose } from '../codes.ts'
import { baseOf } from '../config.ts'
import { diagnosticOf } from '../errors.ts'
import { linkAbort } from '../transport/abort.ts'
import { serverCapabilitiesResponse } from '../wire/infoResponses.ts'
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { ServiceConfig } from '../config.ts'
import type { ServerProfile } from '../transport/connection.ts'
import type { Failure } from '../failure.ts'

export type ConnectionProblem =
  /** Nothing answers at the address. */
  | 'unreachable'
  /** The relay between page and server does not pass requests on. */
  | 'relay'
  /** Something answers, but the browser may not read it. */
  | 'cors'
  /** The key is missing, wrong or not allowed. */
  | 'key'
  /** Something answers that is no Tinker API. */
  | 'notTinker'
  /** A Tinker API that speaks a version this client does not understand. */
  | 'version'
  | 'serverTrouble'
  | 'cancelled'

export type ConnectionReport =
  | {
      readonly ok: true
      readonly models: readonly {
        readonly name: string
        readonly maxContext: number | undefined
        /** How many the model has, where the server says. */
        readonly parameters?: number
      }[]
      /** Of one small request, ms. */
      readonly latencyMs: number
      readonly profile: ServerProfile
    }
  | {
      readonly ok: false
      readonly problem: ConnectionProblem
      /** Code, sentence and cure for a person. */
      readonly diagnostic: Diagnostic
      readonly failure: Failure
    }

/** Waits no longer than this for one step: the answer is for somebody who looks on. */
const STEP_MS = 10_000

export async function checkConnection(config: ServiceConfig, signal?: AbortSignal): Promise<ConnectionReport> {
  const link = linkAbort(config.signal, signal)
  const tuning = { ...config.tuning, connectWindowMs: 0, requestTimeoutMs: STEP_MS }
  const connection = new Connection({ ...config, signal: link.signal, tuning })
  try {
    const profile = await connection.profile()
    if (!profile.ok) return await explain(profile.error, config, link.signal)
    const asked = Date.now()
    const models = await connection.requestJson(
      {
        request: 'GET get_server_capabilities',
        method: 'GET',
        path: 'get_server_capabilities',
        patience: 'once',
      },
      serverCapabilitiesResponse,
    )
    const latencyMs = Date.now() - asked
    if (!models.ok) return await explain(models.error, config, link.signal)
    const named = models.value.supported_models.flatMap(
      ({ model_name: name, max_context_length: maxContext, parameters }) =>
        name === undefined ? [] : [{ name, maxContext, ...(parameters === undefined ? {} : { parameters }) }],
    )
    return { ok: true, models: named, latencyMs, profile: profile.value }
  } finally {
    connection.close()
    link.release()
  }
}

async function explain(failure: Failure, config: ServiceConfig, signal: AbortSignal): Promise<ConnectionReport> {
  const problem = await problemOf(failure, config, signal)
  return { ok: false, problem, failure, diagnostic: diagnosticFor(problem, failure, config) }
}

async function problemOf(failure: Failure, config: ServiceConfig, signal: AbortSignal): Promise<ConnectionProblem> {
  if (failure.relay !== undefined) return failure.relay === 'relay_unreachable' ? 'unreachable' : 'relay'
  switch (failure.kind) {
    case 'aborted':
      return 'cancelled'
    case 'offline':
      return (await answersOpaquely(config, signal)) ? 'cors' : 'unreachable'
    case 'timeout':
      return 'unreachable'
    case 'unauthorized':
      return 'key'
    case 'unsupported':
    case 'notFound':
      return 'notTinker'
    case 'malformed':
      // Data of the wrong shape is another version; a page or a text is something else altogether.
      return failure.body === 'unexpected' ? 'version' : 'notTinker'
    case 'unavailable':
    case 'rateLimited':
    case 'billing':
      return 'serverTrouble'
    default:
      return 'version'
  }
}

/**
 * A browser tells neither a dead server from a missing CORS header. A request whose answer it may not read succeeds in
 * the second case only.
 */
async function answersOpaquely(config: ServiceConfig, signal: AbortSignal): Promise<boolean> {
  const link = linkAbort(signal)
  const timer = setTimeout(() => link.abort(), STEP_MS)
  try {
    const probe = new Request(`${baseOf(config.baseUrl)}api/v1/healthz`, { mode: 'no-cors', signal: link.signal })
    await (config.fetch ?? globalThis.fetch)(probe)
    return true
  } catch {
    // Any rejection is the answer "no": the first failure is the one that is reported.
    return false
  } finally {
    clearTimeout(timer)
    link.release()
  }
}

function diagnosticFor(problem: ConnectionProblem, failure: Failure, config: ServiceConfig): Diagnostic {
  const at = { on: 'document' } as const
  const address = baseOf(config.publicUrl ?? config.baseUrl)
  const data = { problem, ...failure }
  switch (problem) {
    case 'cors':
      return diagnose(
        'TK4020',
        at,
        `${address} answers, but it does not allow this page to read the answer (CORS). Connect through the relay of \`npm start\`, or add this page's origin to the server's allowed origins.`,
        { data },
      )
    case 'notTinker':
      return diagnose(
        'TK4021',
        at,
        `${address} answers, but not as a Tinker API: ${failure.message}. Check the address, and whether a path such as /services/… belongs to it.`,
        { data },
      )
    case 'version':
      return diagnose(
        'TK4007',
        at,
        `${address} speaks a version of the API that this client does not understand: ${failure.message}`,
        { data },
      )
    case 'unreachable':
      return diagnose(
        failure.kind === 'timeout' ? 'TK4003' : 'TK4002',
        at,
        `Nothing answers at ${address}: ${failure.relay === undefined ? failure.message : failure.serverSays}. Check the address and whether the server is running.`,
        { data },
      )
    case 'relay':
      return diagnose('TK4005', at, `${address} is not reached through the relay: ${failure.serverSays}.`, { data })
    case 'key':
      return diagnose(
        'TK4004',
        at,
        config.apiKey === undefined || config.apiKey === ''
          ? `${address} wants a key and none is set.`
          : `${address} does not accept the key${refusalOf(failure)}.`,
        { data },
      )
    default:
      return diagnosticOf(failure, at)
  }
}

/** The server's words, or ours where the key was not even sent. */
function refusalOf({ serverSays, status, message }: Failure): string {
  const words = serverSays ?? (status === undefined ? message : undefined)
  return words === undefined ? '' : `: ${words}`
}

/** The one fetch handler: a Request of the Tinker API in, a Response out. It never rejects. */
import { StorageFull } from '../storage/blobStore.ts'
import { Refusal } from '../service/refusal.ts'
import { errorAnswer, jsonAnswer } from './answers.ts'
import { keyMatches, keyOf } from './apiKey.ts'
import { readBody } from './body.ts'
import { corsHeaders, preflightAnswer, withHeaders } from './cors.ts'
import { addFutureRoutes } from './futureRoutes.ts'
import { addModelFileRoutes } from './modelFileRoutes.ts'
import { addRestRoutes } from './restRoutes.ts'
import { Router } from './router.ts'
import { addSamplingRoutes } from './samplingRoutes.ts'
import { localTokens } from './tokens.ts'
import { addTrainingRoutes } from './trainingRoutes.ts'
import type { TinkerService } from '../service/service.ts'
import type { BodyLimits } from './body.ts'
import type { Origins } from './cors.ts'
import type { Tokens } from './tokens.ts'
import type { ClientFlags } from './trainingRoutes.ts'

export type HandlerOptions = {
  readonly flags: ClientFlags
  /** How long a poll waits for its result; clients give up after 45 s. */
  readonly holdMs: number
  /** Absent: anyone may call. */
  readonly apiKey?: string
  readonly origins: Origins
  readonly body: BodyLimits
  /** Told of faults of this server, never of refusals. */
  readonly onError: (error: unknown) => void
}

const API = '/api/v1/'
const BODYLESS = new Set(['GET', 'HEAD', 'DELETE'])

export function createHandler(
  service: TinkerService,
  options: HandlerOptions,
): (request: Request) => Promise<Response> {
  const { clock, owner, badDays } = service.context
  const tokens = localTokens(clock, owner)
  const api = new Router()
  addTrainingRoutes(api, service, options.flags)
  addFutureRoutes(api, service, options.holdMs)
  addSamplingRoutes(api, service)
  addRestRoutes(api, service, tokens)
  const files = new Router()
  addModelFileRoutes(files, service.context.bases)

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const at = url.pathname.indexOf(API)
    const router = at < 0 ? files : api
    const path = at < 0 ? url.pathname : url.pathname.slice(at + API.length)
    const open = at >= 0 && (path === 'healthz' || path.startsWith('downloads/'))
    if (!open) checkKey(request, options.apiKey, tokens)
    const match = router.match(request.method, path)
    if (match.found === 'nothing')
      throw new Refusal(`there is no ${request.method} ${url.pathname.slice(0, 200)} here`, 404)
    if (match.found === 'path')
      return jsonAnswer(
        { detail: `${url.pathname.slice(0, 200)} takes ${match.methods.join(', ')}`, category: 'user' },
        405,
        {
          allow: match.methods.join(', '),
        },
      )
    service.tick()
    await service.ready()
    const body = BODYLESS.has(request.method) ? new Uint8Array() : await readBody(request, options.body)
    const work = async (): Promise<Response> => match.route({ request, url, params: match.params, body })
    return at < 0 ? work() : badDays.around(path, work)
  }

  return async (request) => {
    if (request.method === 'OPTIONS') return preflightAnswer(request, options.origins)
    let response: Response
    try {
      response = await answer(request)
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof StorageFull)) options.onError(error)
      response = errorAnswer(error)
    }
    return withHeaders(response, corsHeaders(request, options.origins))
  }
}

function checkKey(request: Request, wanted: string | undefined, tokens: Tokens): void {
  if (wanted === undefined) return
  const given = keyOf(request.headers)
  if (given === null) throw new Refusal('this server wants an API key in the header X-API-Key', 401)
  if (!keyMatches(given, wanted) && !tokens.valid(given))
    throw new Refusal('the API key is not the one of this server', 401)
}

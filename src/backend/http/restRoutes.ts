/** Health, capabilities, sessions, training runs, checkpoints, and telemetry. */
import { object, string } from '../../tinker/wire/shape.ts'
import { ttlRequest } from '../../tinker/wire/requests.ts'
import { demand } from '../service/refusal.ts'
import { jsonAnswer } from './answers.ts'
import { readJson } from './body.ts'
import type { Page } from '../service/listings.ts'
import type { TinkerService } from '../service/service.ts'
import type { Router } from './router.ts'

const MAX_PAGE = 1000
const CHECKPOINT = 'training_runs/:run/checkpoints/*checkpoint'
const projectRequest = object({ project_id: string })

export function addRestRoutes(router: Router, service: TinkerService): void {
  const { sessions, bases } = service.context
  const { listings } = service
  const done = (): Response => jsonAnswer({ status: 'ok' })

  router
    .add('GET', 'healthz', done)
    .add('GET', 'get_server_capabilities', async () => {
      const models = await Promise.all(bases.names.map((name) => bases.get(name)))
      const supported = models.map(({ name, window }) => ({ model_name: name, max_context_length: window }))
      return jsonAnswer({ supported_models: supported })
    })
    // Read and thrown away: it may hold request headers, and with them a key.
    .add('POST', 'telemetry', () => jsonAnswer({ status: 'accepted' }))
    .add('GET', 'sessions', ({ url }) => {
      const { limit, offset } = pageOf(url, 20)
      return jsonAnswer({
        sessions: sessions
          .list()
          .slice(offset, offset + limit)
          .map((s) => s.id),
      })
    })
    .add('GET', 'sessions/:id', ({ params }) => {
      const { models, samplers } = sessions.get(params['id']!)
      return jsonAnswer({ training_run_ids: models, sampler_ids: samplers })
    })
    .add('PUT', 'sessions/:id/project', ({ params, body }) => {
      sessions.get(params['id']!).projectId = readJson(body, projectRequest).project_id
      return done()
    })
    .add('POST', 'sessions/:id/finish', ({ params }) => {
      service.finishSession(params['id']!)
      return done()
    })
    .add('GET', 'training_runs', async ({ url }) =>
      jsonAnswer(await listings.runs(pageOf(url, 20), url.searchParams.get('project_id'))),
    )
    .add('GET', 'training_runs/:run', async ({ params }) => jsonAnswer(await listings.run(params['run']!)))
    .add('GET', 'training_runs/:run/checkpoints', async ({ params }) =>
      jsonAnswer(await listings.checkpointsOf(params['run']!)),
    )
    .add('GET', 'checkpoints', async ({ url }) => jsonAnswer(await listings.checkpoints(pageOf(url, 100))))
    .add('POST', `${CHECKPOINT}/publish`, async ({ params }) => {
      await listings.publish(params['run']!, params['checkpoint']!, true)
      return done()
    })
    // Before the greedy route, which would read it as the deletion of a checkpoint called …/publish.
    .add('DELETE', `${CHECKPOINT}/publish`, async ({ params }) => {
      await listings.publish(params['run']!, params['checkpoint']!, false)
      return done()
    })
    .add('PUT', `${CHECKPOINT}/ttl`, async ({ params, body }) => {
      await listings.setTtl(params['run']!, params['checkpoint']!, readJson(body, ttlRequest).ttl_seconds)
      return done()
    })
    .add('DELETE', CHECKPOINT, async ({ params }) => {
      await listings.remove(params['run']!, params['checkpoint']!)
      return done()
    })
}

function pageOf(url: URL, defaultLimit: number): Page {
  const read = (name: string, fallback: number, least: number): number => {
    const text = url.searchParams.get(name)
    const value = text === null || text === '' ? fallback : Number(text)
    demand(Number.isSafeInteger(value) && value >= least, `${name} must be a whole number from ${least}`)
    return value
  }
  return { limit: Math.min(read('limit', defaultLimit, 1), MAX_PAGE), offset: read('offset', 0, 0) }
}

/** Training runs and their checkpoints: list, publish, keep, delete, download. */
import { ttlRequest } from '../../tinker/wire/requests.ts'
import { demand } from '../service/refusal.ts'
import { jsonAnswer } from './answers.ts'
import { readJson } from './body.ts'
import { pageOf } from './page.ts'
import type { TinkerService } from '../service/service.ts'
import type { Downloads } from './downloads.ts'
import type { Router } from './router.ts'

const CHECKPOINT = 'training_runs/:run/checkpoints/*checkpoint'

export function addCheckpointRoutes(router: Router, service: TinkerService, downloads: Downloads): void {
  const { listings, weights } = service
  const done = (): Response => jsonAnswer({ status: 'ok' })

  router
    .add('GET', 'training_runs', async ({ url }) =>
      jsonAnswer(await listings.runs(pageOf(url, 20), url.searchParams.get('project_id'))),
    )
    .add('GET', 'training_runs/:run', async ({ params }) => jsonAnswer(await listings.run(params['run']!)))
    .add('GET', 'training_runs/:run/checkpoints', async ({ params }) =>
      jsonAnswer(await listings.checkpointsOf(params['run']!)),
    )
    .add('GET', 'checkpoints', async ({ url }) => jsonAnswer(await listings.checkpoints(pageOf(url, 100))))
    .add('GET', `${CHECKPOINT}/archive`, async ({ params, url, request }) => {
      const found = await listings.checkpoint(params['run']!, params['checkpoint']!)
      const name = `${found.name}.tar`
      const file = downloads.issue(url, name, 'application/x-tar', () => weights.archive(found))
      // SDKs up to 0.16 ask for gzip and know the redirect only; a page cannot read a redirect's address.
      const json = request.headers.get('accept')?.includes('gzip') !== true
      if (json) return jsonAnswer({ url: file.url, expires: file.expires.toISOString() })
      return new Response(null, {
        status: 302,
        headers: { location: file.url, expires: file.expires.toUTCString(), 'content-length': '0' },
      })
    })
    .add('GET', `${CHECKPOINT}/external_weights_urls`, async ({ params, url }) => {
      const found = await listings.checkpoint(params['run']!, params['checkpoint']!)
      demand(found.type === 'external', 'only exported weights have files; export with save_weights_external')
      const files = (await weights.files(found)).map(({ name, bytes }) => {
        const type = name.endsWith('.json') ? 'application/json' : 'application/octet-stream'
        return { name, file: downloads.issue(url, name, type, () => Promise.resolve(bytes)) }
      })
      const expires = files[0]!.file.expires.toISOString()
      return jsonAnswer({ urls: Object.fromEntries(files.map(({ name, file }) => [name, file.url])), expires })
    })
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

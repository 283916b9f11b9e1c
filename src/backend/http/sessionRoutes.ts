/** Sessions as the REST routes show and change them: list, search, project, end, timeline. */
import { array, int, literal, nullable, object, optional, record, string } from '../../tinker/wire/shape.ts'
import { withDefault } from '../../tinker/wire/shape.ts'
import { demand } from '../service/refusal.ts'
import { jsonAnswer } from './answers.ts'
import { readJson } from './body.ts'
import { pageOf } from './page.ts'
import type { TinkerService } from '../service/service.ts'
import type { Session } from '../service/sessions.ts'
import type { Downloads } from './downloads.ts'
import type { Router } from './router.ts'

const projectRequest = object({ project_id: string })
const finishRequest = object({
  reason: withDefault(object({ type: literal('success', 'errored', 'interrupted') }), { type: 'success' as const }),
  detail: withDefault(nullable(string), null),
})
const statusQuery = object({
  type: literal('active', 'cancelled', 'failed', 'client_finished'),
  reasons: optional(array(string)),
})
const searchRequest = object({
  session_id: optional(string),
  project_ids: optional(array(string)),
  user_metadata: withDefault(record(string), {}),
  display_name: optional(string),
  statuses: optional(array(statusQuery)),
  limit: withDefault(int, 50),
  cursor: optional(object({ last_created_at: string, last_session_id: string })),
})
type Search = ReturnType<typeof searchRequest>

const MOST_FOUND = 200

export function addSessionRoutes(router: Router, service: TinkerService, downloads: Downloads): void {
  const { sessions, store, owner } = service.context
  const done = (): Response => jsonAnswer({ status: 'ok' })

  async function summary(session: Session): Promise<Record<string, unknown>> {
    const saved = (await Promise.all(session.models.map((run) => store.list(run)))).flat()
    return {
      session_id: session.id,
      created_at: new Date(session.createdAt).toISOString(),
      owner,
      project_id: session.projectId ?? '',
      status: statusOf(session),
      checkpoints_count: saved.length,
      display_name: session.displayName,
      user_metadata: session.userMetadata,
      checkpoint_storage_bytes: saved.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
    }
  }

  router
    .add('GET', 'sessions', ({ url }) => {
      const { limit, offset } = pageOf(url, 20)
      const shown = sessions.list().slice(offset, offset + limit)
      return jsonAnswer({ sessions: shown.map((session) => session.id) })
    })
    .add('POST', 'sessions/search', async ({ body }) => {
      const search = readJson(body, searchRequest)
      demand(search.limit >= 1 && search.limit <= MOST_FOUND, `limit must be from 1 to ${MOST_FOUND}`)
      const found = sessions.list().filter((session) => matches(session, search))
      const after = search.cursor?.last_session_id
      const from = after === undefined ? 0 : found.findIndex((session) => session.id === after) + 1
      const page = found.slice(from, from + search.limit)
      const last = page.at(-1)
      const more = last !== undefined && from + search.limit < found.length
      return jsonAnswer({
        sessions: await Promise.all(page.map(summary)),
        next_cursor: more
          ? { last_created_at: new Date(last.createdAt).toISOString(), last_session_id: last.id }
          : null,
      })
    })
    .add('GET', 'sessions/:id', ({ params }) => {
      const { models, samplers, userMetadata, displayName } = sessions.get(params['id']!)
      return jsonAnswer({
        training_run_ids: models,
        sampler_ids: samplers,
        user_metadata: userMetadata,
        ...(displayName === null ? {} : { display_name: displayName }),
      })
    })
    .add('PUT', 'sessions/:id/project', async ({ params, body }) => {
      await sessions.assign(params['id']!, readJson(body, projectRequest).project_id)
      return done()
    })
    .add('POST', 'sessions/:id/finish', async ({ params, body }) => {
      const { reason, detail } = readJson(body, finishRequest)
      await service.finishSession(params['id']!, { reason: reason.type, detail })
      return done()
    })
    .add('GET', 'sessions/:id/trace_export', ({ params, url }) => {
      const { id } = sessions.get(params['id']!)
      const trace = service.timeline.trace(id)
      const { url: file } = downloads.issue(url, `${id}.json`, 'application/json', () => Promise.resolve(trace))
      return jsonAnswer({ status: 'ready', url: file })
    })
}

function statusOf({ closed, finish }: Session): Record<string, unknown> | null {
  if (finish !== null) return { type: 'client_finished', reason: { type: finish.reason }, detail: finish.detail }
  return closed ? null : { type: 'active' }
}

function matches(session: Session, search: Search): boolean {
  const { session_id: id, display_name: name, project_ids: projects, statuses } = search
  if (projects !== undefined && !projects.includes(session.projectId ?? '')) return false
  const metadata = Object.entries(search.user_metadata)
  if (!metadata.every(([key, value]) => session.userMetadata[key] === value)) return false
  if (statuses !== undefined && !statuses.some((query) => hasStatus(session, query))) return false
  if (id === undefined && name === undefined) return true
  const words = name?.toLowerCase().split(/\s+/).filter(Boolean)
  const shown = session.displayName?.toLowerCase() ?? ''
  return session.id === id || words?.every((word) => shown.includes(word)) === true
}

function hasStatus(session: Session, query: ReturnType<typeof statusQuery>): boolean {
  const status = statusOf(session)
  if (status?.['type'] !== query.type) return false
  return query.reasons === undefined || (session.finish !== null && query.reasons.includes(session.finish.reason))
}

/** Audit, usage, and the exchange of credentials. */
import { demand, Refusal } from '../service/refusal.ts'
import { jsonAnswer } from './answers.ts'
import type { TinkerService } from '../service/service.ts'
import type { Router } from './router.ts'
import type { Tokens } from './tokens.ts'

const GIGABYTE = 1e9
const DAY = /^\d{4}-\d{2}-\d{2}$/

export function addAdminRoutes(router: Router, service: TinkerService, tokens: Tokens): void {
  const { audit, usage, store, sessions, owner } = service.context

  async function sessionByRun(): Promise<(run: string) => string> {
    const runs = new Map((await store.listRuns()).map((run) => [run.id, run.session_id]))
    return (run) => runs.get(run) ?? ''
  }

  router
    .add('GET', 'audit', async ({ url }) => {
      const day = url.searchParams.get('day')
      demand(day === null || (DAY.test(day) && !Number.isNaN(Date.parse(day))), 'day must be a date like 2026-01-31')
      const event = url.searchParams.get('event_type') ?? 'all'
      demand(event === 'all' || event === 'checkpoints', 'event_type must be all or checkpoints')
      return jsonAnswer({ entries: await audit.entries(day, event) })
    })
    .add('GET', 'billing/usage/events', async ({ url }) => {
      const [from, to] = ['starting_on', 'ending_before'].map((name) => timeOf(url, name))
      const events = await usage.events(from!, to!, await store.list(), await sessionByRun())
      const ids = [...new Set(events.map((event) => event.session_id))].filter((id) => id !== '')
      const named = ids.map((id) => [id, { user_metadata: sessions.find(id)?.userMetadata ?? {} }])
      const data = events.map((event) => {
        const projectId = sessions.find(event.session_id)?.projectId
        return {
          ...event,
          user_id: owner,
          ...(projectId === null || projectId === undefined ? {} : { project_id: projectId }),
        }
      })
      return jsonAnswer({ data, sessions: Object.fromEntries(named) })
    })
    .add('GET', 'billing/usage/checkpoints/current', async ({ url }) => {
      const project = url.searchParams.get('project_id')
      const sessionOf = await sessionByRun()
      const sums = new Map<string, { count: number; bytes: number }>()
      for (const { run_id, size_bytes } of await store.list()) {
        const key = sessions.find(sessionOf(run_id))?.projectId ?? ''
        const sum = sums.get(key) ?? { count: 0, bytes: 0 }
        sums.set(key, { count: sum.count + 1, bytes: sum.bytes + size_bytes })
      }
      const shown = [...sums].filter(([key]) => project === null || key === project)
      const data = shown.map(([key, { count, bytes }]) => ({
        project_id: key === '' ? null : key,
        org_user_urn: `tml:user:${owner}`,
        checkpoint_count: count,
        size_bytes: bytes,
        size_gigabytes: bytes / GIGABYTE,
      }))
      return jsonAnswer({ data })
    })
    .add('POST', 'auth/token', () => jsonAnswer({ jwt: tokens.issue() }))
    .add('GET', 'auth/apikey/me', () =>
      jsonAnswer({
        key_id: 0,
        name: 'local',
        note: 'the key of this server',
        details: { org_details: { name: owner }, user_details: { email: `${owner}@localhost` } },
      }),
    )
    .add('DELETE', 'auth/apikey/me', () => {
      throw new Refusal('the key was given when the server was started and ends with it; it cannot be deleted', 403)
    })
}

/** @throws Refusal 400 */
function timeOf(url: URL, name: string): number {
  const text = url.searchParams.get(name) ?? ''
  // A + of a time zone arrives as a space when the client did not escape it.
  const time = Date.parse(text.replace(/ (\d\d:?\d\d)$/, '+$1'))
  demand(!Number.isNaN(time), `${name} must be a time like 2026-01-31T10:00:00Z`)
  return time
}

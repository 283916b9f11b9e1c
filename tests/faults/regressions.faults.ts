/** Schedules that once went wrong, by name: seeds change their meaning with the schedules, these do not. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runSchedule, startServers } from './runSchedule.ts'
import type { Fault } from './faults.ts'
import type { FaultChooser } from './proxy.ts'
import type { Servers } from './runSchedule.ts'
import type { Schedule } from './schedule.ts'

const LIMIT_MS = 120_000
let servers: Servers

beforeAll(async () => {
  servers = await startServers()
}, LIMIT_MS)
afterAll(async () => {
  await servers.announcing.stop()
  await servers.silent.stop()
})

const PAGE: Fault = { does: 'status', status: 409, after: true, body: 'html' }

const CASES: readonly (readonly [string, Partial<Schedule>])[] = [
  [
    'every poll is answered with 425 by something in between: the sampler that is waited for without a limit ends too',
    lastingFrom(21, { does: 'status', status: 425, after: true, body: 'html' }),
  ],
  [
    'every poll is answered with 408: the results are given up with that as the cause',
    lastingFrom(12, { does: 'status', status: 408, after: true, body: 'json' }),
  ],
  ['a save is done, and a page with 409 comes instead of its answer: it is no clash of names', passing('save', PAGE)],
  ['pages with 409 to all that is asked are trouble, not conflicts', lastingFrom(9, { ...PAGE, after: false })],
  [
    'results arrive cut, under honest lengths: the right ones in the end',
    passing('retrieve_future', { does: 'truncate', share: 0.7, honest: true }),
  ],
]

test.each(CASES)(
  '%s',
  async (_name, own) => {
    const schedule: Schedule = { ...PLAIN, ...own }
    const { wrong, story } = await runSchedule(schedule, servers)
    expect(wrong, story).toEqual([])
  },
  LIMIT_MS,
)

const PLAIN: Schedule = {
  seed: 0,
  day: 'passing',
  steps: 2,
  samples: 4,
  announcesProtobuf: true,
  wire: 'auto',
  after: 0,
  lasting: undefined,
  chooser: () => () => undefined,
}

function lastingFrom(after: number, lasting: Fault): Partial<Schedule> {
  const chooser = (): FaultChooser => {
    let requests = 0
    return () => (requests++ < after ? undefined : lasting)
  }
  return { day: 'lasting', after, lasting, chooser }
}

/** The first two requests to each of these routes meet the fault. */
function passing(route: string, fault: Fault): Partial<Schedule> {
  const chooser = (): FaultChooser => {
    const met = new Map<string, number>()
    return ({ route: asked }) => {
      const times = (met.get(asked) ?? 0) + 1
      met.set(asked, times)
      return asked.startsWith(route) && times <= 2 ? fault : undefined
    }
  }
  return { chooser }
}

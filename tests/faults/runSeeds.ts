/** The tests over a range of seeds, in batches; called by one test file per range, so that two cores share the work. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leftBehind, RejectionWatch, resources } from './leaks.ts'
import { runSchedule, startServers } from './runSchedule.ts'
import { scheduleOf } from './schedule.ts'
import type { Report, Servers } from './runSchedule.ts'

const BATCH = 10
/** Schedules at a time: most of a schedule is waiting. */
const LANES = 4
const BATCH_LIMIT_MS = 300_000

/** `FAULT_SEEDS=7,15` runs these instead, each by itself, and prints what happened. */
export function runSeeds(from: number, to: number): void {
  const chosen = process.env['FAULT_SEEDS']?.split(',').map(Number)
  const seeds = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  const wanted = chosen === undefined ? seeds : seeds.filter((seed) => chosen.includes(seed))
  const size = chosen === undefined ? BATCH : 1
  const batches = Array.from({ length: Math.ceil(wanted.length / size) }, (_, i) =>
    wanted.slice(i * size, (i + 1) * size),
  )
  let servers: Servers

  beforeAll(async () => {
    servers = await startServers()
    // The first conversation loads the model and makes what Node keeps for good.
    await runSchedule(scheduleOf(from), servers)
  }, BATCH_LIMIT_MS)
  afterAll(async () => {
    await servers.announcing.stop()
    await servers.silent.stop()
  })

  describe(`a network on the days ${from} to ${to}`, () => {
    test.each(batches.map((batch) => [batch.join(', '), batch] as const))(
      'seeds %s',
      async (_name, batch) => {
        const before = resources()
        const rejections = new RejectionWatch()
        const reports = await inLanes(batch, (seed) => runSchedule(scheduleOf(seed), servers))
        const left = await leftBehind(before, 15_000)
        rejections.stop()
        if (chosen !== undefined) console.log(reports.map(({ story }) => story).join('\n'))
        expect(reports.flatMap(wordsOf)).toEqual([])
        expect(rejections.seen).toEqual([])
        expect(left).toEqual([])
        expect([...servers.announcing.errors, ...servers.silent.errors]).toEqual([])
      },
      BATCH_LIMIT_MS,
    )
  })
}

function wordsOf({ wrong, story }: Report): string[] {
  return wrong.length === 0 ? [] : [...wrong, story]
}

async function inLanes(seeds: readonly number[], run: (seed: number) => Promise<Report>): Promise<Report[]> {
  const reports: Report[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < seeds.length) reports.push(await run(seeds[next++]!))
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return reports
}

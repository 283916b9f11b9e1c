import * as Comlink from 'comlink'
import { afterEach, describe, expect, test } from 'vitest'
import { freshStorage } from '../persist/testing/freshStorage.ts'
import { testLocks } from '../persist/testing/locks.ts'
import type { BackendWorkerMessage, RunFeed, RunWorker } from '#worker/protocol.ts'
import type { Tab } from '#worker/run/testing/tab.ts'
import { openTab } from '#worker/run/testing/tab.ts'
import { createFactsService } from './factsService.ts'
import { createRunService } from './runService.ts'

/** A Web Worker as the page sees one: a port with an end and an error event. */
type PageWorker = MessagePort & { terminate(): void; onerror: ((event: { message: string }) => void) | null }

let ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends) end()
  ends = []
})

type Rig = {
  service: ReturnType<typeof createRunService>
  runWorkers: PageWorker[]
  backendWorkers: PageWorker[]
  wired: MessagePort[]
  tab: Tab
  /** What each backend worker was told, beside being wired. */
  told: Exclude<BackendWorkerMessage, { type: 'serve' }>[][]
}

/** The service over real ports; the run worker's host is that of a tab. */
function rig(host?: Partial<RunWorker>): Rig {
  const tab = openTab({ storage: freshStorage(), locks: testLocks() })
  const runWorkers: PageWorker[] = []
  const backendWorkers: PageWorker[] = []
  const wired: MessagePort[] = []
  const told: Rig['told'] = []

  function worker(serve: (port: MessagePort) => void): PageWorker {
    const { port1, port2 } = new MessageChannel()
    serve(port2)
    return Object.assign(port1, { terminate: () => port1.close(), onerror: null })
  }

  const exposed: RunWorker = {
    ...tab.host,
    wire({ feed, backend }) {
      wired.push(feed, backend)
      return Promise.resolve()
    },
    ...host,
  }
  const service = createRunService(
    { origin: 'http://page', relay: null },
    {
      run() {
        const made = worker((port) => Comlink.expose(exposed, port as unknown as Comlink.Endpoint))
        made.start()
        runWorkers.push(made)
        return made as unknown as Worker
      },
      backend() {
        const heard: Rig['told'][number] = []
        told.push(heard)
        const made = worker((port) => {
          port.onmessage = ({ data }: MessageEvent<BackendWorkerMessage>) => {
            if (data.type !== 'serve') return heard.push(data)
            data.port.postMessage('hello from the backend')
            ends.push(() => data.port.close())
            return undefined
          }
        })
        backendWorkers.push(made)
        return made as unknown as Worker
      },
    },
  )
  ends.push(() => {
    service.dispose()
    tab.kill()
    for (const port of wired) port.close()
  })
  return { service, runWorkers, backendWorkers, wired, tab, told }
}

const BUILTIN = { source: { type: 'builtin', name: 'sft' }, mapping: { type: 'auto' } } as const
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('the run service', () => {
  test('spawns its workers with the first call, connects them with each other, and not before', async () => {
    const { service, runWorkers, backendWorkers, wired } = rig()
    expect([runWorkers.length, backendWorkers.length]).toEqual([0, 0])
    expect((await service.host.datasetFacts(BUILTIN, null, [])).rows).toBeGreaterThan(100)
    await service.host.datasetFacts(BUILTIN, null, [])
    expect([runWorkers.length, backendWorkers.length, wired.length]).toEqual([1, 1, 2])
    const heard = new Promise((resolve) => (wired[1]!.onmessage = (message: MessageEvent) => resolve(message.data)))
    expect(await heard).toBe('hello from the backend')
  })

  test('passes on what the worker feeds, to all who listen', async () => {
    const { service, wired } = rig()
    const heard: RunFeed[] = []
    const stop = service.onFeed((feed) => heard.push(feed))
    await service.host.datasetFacts(BUILTIN, null, [])
    await until(() => wired.length === 2)
    wired[0]!.postMessage({ type: 'events', events: [] } satisfies RunFeed)
    await until(() => heard.length === 1)
    stop()
    wired[0]!.postMessage({ type: 'events', events: [] } satisfies RunFeed)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(heard).toHaveLength(1)
  })

  test.each([
    ['run', 'SV0001'],
    ['backend', 'SV0002'],
  ] as const)('replaces both workers when the %s worker dies, and says so', async (which, code) => {
    const { service, runWorkers, backendWorkers } = rig({ chat: () => new Promise(() => undefined) })
    const crashes: unknown[] = []
    service.onCrash((crash) => crashes.push(crash))
    await service.host.datasetFacts(BUILTIN, null, [])
    const waiting = service.host.chat({} as never).catch((error: unknown) => error)
    const [dying] = which === 'run' ? runWorkers : backendWorkers
    dying!.onerror?.({ message: 'out of memory' })
    expect(crashes).toMatchObject([
      { worker: which, diagnostic: { code, message: expect.stringContaining('out of memory') } },
    ])
    expect(await waiting).toMatchObject({ message: expect.stringContaining('stopped before it answered') })
    expect((await service.host.datasetFacts(BUILTIN, null, [])).rows).toBeGreaterThan(100)
    expect([runWorkers.length, backendWorkers.length]).toEqual([2, 2])
  })
})

describe('the embedded backend', () => {
  test('has its trouble from the start, hears of changes, and keeps it over a crash', async () => {
    const { service, backendWorkers, told } = rig()
    service.embedded.setTrouble({ latencyMs: 5, seed: 1 })
    expect(backendWorkers).toEqual([])
    await service.host.datasetFacts(BUILTIN, null, [])
    service.embedded.setTrouble({ failRate: 0.5 })
    await until(() => told[0]?.length === 2)
    backendWorkers[0]!.onerror?.({ message: 'gone' })
    await service.host.datasetFacts(BUILTIN, null, [])
    await until(() => told[1]?.length === 1)
    service.embedded.setTrouble({})
    await until(() => told[1]?.length === 2)
    expect(told).toEqual([
      [
        { type: 'trouble', trouble: { latencyMs: 5, seed: 1 } },
        { type: 'trouble', trouble: { failRate: 0.5 } },
      ],
      [
        { type: 'trouble', trouble: { failRate: 0.5 } },
        { type: 'trouble', trouble: {} },
      ],
    ])
  })

  test('is handed an adapter and reports on it; one that dies meanwhile is an error', async () => {
    const { service, backendWorkers, told } = rig()
    const adapter = { name: 'a', files: { 'adapter_config.json': Uint8Array.of(1) } }
    const report = service.embedded.importAdapter(adapter)
    await until(() => told[0]?.length === 1)
    const [asked] = told[0]!
    expect(asked).toMatchObject({ type: 'import', adapter })
    const answer = { ok: true, training: 't', sampler: 's', baseModel: 'b' }
    if (asked?.type === 'import') asked.port.postMessage(answer)
    expect(await report).toEqual(answer)
    const lost = service.embedded.importAdapter(adapter).catch((error: unknown) => error)
    await until(() => told[0]?.length === 2)
    backendWorkers[0]!.onerror?.({ message: 'out of memory' })
    expect(await lost).toMatchObject({ message: expect.stringContaining('stopped before it answered') })
  })
})

describe('facts of datasets', () => {
  test('are asked once for the same question, and a worker that dies is a diagnostic', async () => {
    let asked = 0
    let answer: () => void = () => undefined
    const { service, runWorkers } = rig({
      datasetFacts: () => {
        asked++
        return new Promise((resolve) => {
          answer = () => resolve({ rows: 3 } as never)
        })
      },
    })
    const facts = createFactsService(service)
    const [first, second] = [facts.facts(BUILTIN, null, []), facts.facts(BUILTIN, null, [])]
    await until(() => asked === 1)
    answer()
    expect([await first, await second]).toEqual([
      { ok: true, value: { rows: 3 } },
      { ok: true, value: { rows: 3 } },
    ])
    const third = facts.facts(BUILTIN, null, ['m'])
    await until(() => asked === 2)
    runWorkers[0]!.onerror?.({ message: 'gone' })
    expect(await third).toMatchObject({ ok: false, error: { code: 'SV0006' } })
  })
})

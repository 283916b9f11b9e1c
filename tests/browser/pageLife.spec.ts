/** The client in a page that goes away, or is frozen as a tab that nobody looks at: with a real backend, in a real browser. */
import { expect, test } from '@playwright/test'
import { listen } from '../../server/httpServer.ts'
import { createEmbeddedBackend, memoryBlobStore } from '../../src/backend/index.ts'
import { tinyModel } from '../../src/backend/service/testing/tinyModel.ts'
import type { Page } from '@playwright/test'
import type { EmbeddedBackend } from '../../src/backend/index.ts'
import type { RunningServer } from '../../server/httpServer.ts'
import { ROOT, bundleModule } from './bundleModule.ts'

const HEARTBEAT_MS = 150
const STEPS = 12

/** What the page runs. `life` holds what became of it, for the test to look at. */
const PROGRAM = `
  import { modelInputFromTokens, runSteps, ServiceClient, startJournal, tensorForKey } from 'ROOTsrc/tinker/index.ts'

  const life = (globalThis.life = { step: 0, sessions: [], recoveries: 0 })
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

  function datumOf(step) {
    const tokens = Array.from({ length: 9 }, (_, i) => (step * 31 + i * 7) % 256)
    const inputs = { target_tokens: tokens.slice(1), weights: tokens.slice(1).map(() => 1) }
    const lossFnInputs = Object.fromEntries(Object.entries(inputs).map(([key, values]) => [key, tensorForKey(key, values)]))
    return { modelInput: modelInputFromTokens(tokens.slice(0, -1)), lossFnInputs }
  }

  function open(more) {
    const service = new ServiceClient({ baseUrl: location.origin, tuning: { heartbeatMs: ${HEARTBEAT_MS} }, ...more })
    service.events.on('session', ({ change }) => life.sessions.push(change))
    return service
  }

  export async function report() {
    const service = open({ telemetry: true })
    await service.createLoraTrainingClient({ baseModel: 'test/tiny', rank: 4 })
    const telemetry = await service.telemetry()
    await telemetry.flush()
    telemetry.log('last words')
    globalThis.service = service
  }

  /** One client for the life of the page: what failed is tried again. */
  const service = new ServiceClient({ baseUrl: location.origin, telemetry: true, onNotice: () => undefined })
  export async function attempt() {
    const kindOf = (promise) => promise.then(() => 'done', (error) => error.failure?.kind ?? String(error))
    const model = await kindOf(service.createLoraTrainingClient({ baseModel: 'test/tiny', rank: 4 }))
    return {
      capabilities: await kindOf(service.getServerCapabilities()),
      features: await kindOf(service.getFeatures()),
      check: await kindOf(service.checkConnection()),
      model: model === 'done' ? 'made' : model,
      closed: await copyThatCloses(),
    }
  }

  async function copyThatCloses() {
    const copy = new ServiceClient({ baseUrl: location.origin, telemetry: true, onNotice: () => undefined })
    await copy.createLoraTrainingClient({ baseModel: 'test/tiny', rank: 4 })
    await copy.close()
    return copy.closed
  }

  export async function train(steps, pauseMs) {
    const service = open({})
    const run = await runSteps({
      service,
      journal: startJournal({ baseModel: 'test/tiny', rank: 4, seed: 11 }),
      policy: { backoffMs: 1, maxBackoffMs: 2 },
      steps,
      saveEvery: 3,
      store: (journal) => { life.step = journal.step; life.recoveries = journal.recoveries },
      step: async (training, step) => {
        const pass = training.forwardBackward([datumOf(step)], 'cross_entropy')
        const update = training.optimStep({ learningRate: 0.01 })
        await Promise.all([pass.result(), update.result()])
        await sleep(pauseMs)
      },
    })
    const { lossFnOutputs } = await run.training.forward([datumOf(99)], 'cross_entropy').result()
    life.fingerprint = Array.from(lossFnOutputs[0].logprobs.data, Number)
    await service.close()
  }`

/** Whether the parts of the client that are loaded on use cannot be had. */
let partsDown = false

type Life = { step: number; sessions: string[]; recoveries: number; fingerprint?: number[] }
type Asked = { readonly path: string; readonly text: string; readonly at: number }

let files: ReadonlyMap<string, string>
/** Files that are loaded on use. */
let parts: ReadonlySet<string>
let backend: EmbeddedBackend
let server: RunningServer
let asked: Asked[]

test.beforeAll(async () => {
  files = await bundle()
})

/** The page and the server in one origin; a session that is silent for so long is over. */
async function start(page: Page, sessionSilentMs: number): Promise<void> {
  asked = []
  backend = createEmbeddedBackend({
    models: [tinyModel()],
    storage: memoryBlobStore(),
    engine: { simd: 'strict' },
    sessionSilentMs,
  })
  server = await listen(answer, '127.0.0.1', 0)
  await page.goto(server.url)
}

test.afterEach(async () => {
  await server.stop(0)
  await backend.close()
})

async function answer(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname
  const script = files.get(path.slice(1))
  if (partsDown && parts.has(path.slice(1))) return new Response('', { status: 503 })
  if (script !== undefined) return new Response(script, { headers: { 'content-type': 'text/javascript' } })
  if (!path.startsWith('/api/')) return new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })
  const copy = request.headers.get('content-type')?.includes('json') ? await request.clone().text() : ''
  asked.push({ path: path.slice('/api/v1/'.length), text: copy, at: Date.now() })
  return backend.fetch(request)
}

function requests(path: string): Asked[] {
  return asked.filter((one) => one.path === path)
}

/** Starts the page's part without waiting for its end. */
async function begin(page: Page, name: 'report' | 'train', ...values: readonly number[]): Promise<void> {
  await page.evaluate(
    ([name, values]) => {
      const address = '/program.js'
      void import(address).then((program: Record<string, (...values: readonly number[]) => unknown>) =>
        program[name]!(...values),
      )
    },
    [name, values] as const,
  )
}

function lifeOf(page: Page): Promise<Life> {
  return page.evaluate(
    () => (globalThis as unknown as { life?: Life }).life ?? { step: 0, sessions: [], recoveries: 0 },
  )
}

async function stepReached(page: Page, step: number): Promise<void> {
  // Often: the default second between two looks is longer than all steps that are left.
  const often = { timeout: 30_000, intervals: [30] }
  await expect.poll(async () => (await lifeOf(page)).step, often).toBeGreaterThanOrEqual(step)
}

/**
 * Stops the processes that run pages: no timer fires and no answer reaches a page, as in a frozen tab or a sleeping machine.
 * The browser's own way to freeze a page is for hidden ones, and a page under test is always in view.
 */
async function freeze(page: Page, ms: number): Promise<{ readonly from: number; readonly to: number }> {
  const browser = await page.context().browser()!.newBrowserCDPSession()
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo')
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
  for (const id of renderers) process.kill(id, 'SIGSTOP')
  const from = Date.now()
  await new Promise((resolve) => setTimeout(resolve, ms))
  const to = Date.now()
  for (const id of renderers) process.kill(id, 'SIGCONT')
  return { from, to }
}

/** What the weights are without any trouble: the same steps in a page that stays. */
async function undisturbed(page: Page): Promise<readonly number[]> {
  await begin(page, 'train', STEPS, 0)
  await expect.poll(async () => (await lifeOf(page)).fingerprint, { timeout: 60_000 }).toBeDefined()
  return (await lifeOf(page)).fingerprint!
}

test('a page that goes away sends the end of its report, and its heartbeats end', async ({ page }) => {
  await start(page, 60_000)
  await begin(page, 'report')
  await expect.poll(() => page.evaluate(() => 'service' in globalThis), { timeout: 30_000 }).toBe(true)
  await expect.poll(() => requests('session_heartbeat').length).toBeGreaterThan(1)
  const words = (): string =>
    requests('telemetry')
      .map(({ text }) => text)
      .join()

  // One that the browser keeps, to come back to, is not at its end.
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })))
  await expect.poll(words).toContain('last words')
  expect(words()).not.toContain('SESSION_END')

  await page.goto('about:blank')
  await expect.poll(words).toContain('SESSION_END')
  const { length } = requests('session_heartbeat')
  await new Promise((resolve) => setTimeout(resolve, 5 * HEARTBEAT_MS))
  expect(requests('session_heartbeat').length).toBe(length)
})

test('a page that was frozen goes on in its session as if nothing had been', async ({ page }) => {
  await start(page, 60_000)
  await begin(page, 'train', STEPS, 100)
  await stepReached(page, 4)
  const { from, to } = await freeze(page, 2000)
  const inside = asked.filter(({ at }) => at > from + 500 && at < to)
  expect(inside, 'a frozen page asks nothing').toEqual([])
  await expect.poll(() => requests('session_heartbeat').filter(({ at }) => at > to).length).toBeGreaterThan(1)
  await expect.poll(async () => (await lifeOf(page)).fingerprint, { timeout: 60_000 }).toBeDefined()
  const life = await lifeOf(page)
  expect(life).toMatchObject({ step: STEPS, recoveries: 0, sessions: ['opened'] })
  expect(requests('create_session')).toHaveLength(1)
  expect(requests('optim_step')).toHaveLength(STEPS)
  await page.reload()
  expect(life.fingerprint).toEqual(await undisturbed(page))
})

test('frozen for longer than its session lives, it trains on from its last save in another, no step twice', async ({
  page,
}) => {
  await start(page, 1500)
  await begin(page, 'train', STEPS, 100)
  await stepReached(page, 7)
  await freeze(page, 3000)
  await expect.poll(async () => (await lifeOf(page)).fingerprint, { timeout: 60_000 }).toBeDefined()
  const life = await lifeOf(page)
  expect(life).toMatchObject({ step: STEPS, recoveries: 1 })
  expect(life.sessions.at(-1)).toBe('opened')
  expect(requests('create_session')).toHaveLength(2)
  await page.reload()
  expect(life.fingerprint, 'the weights of a run without trouble, to the last bit').toEqual(await undisturbed(page))
})

test('parts that cannot be loaded are a line that is down: said as such, loaded the next time, and no error of the page', async ({
  page,
}) => {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await start(page, 60_000)
  partsDown = true
  const failed = await page.evaluate(trial)
  partsDown = false
  expect(failed).toEqual({
    capabilities: 'offline',
    features: 'offline',
    check: 'offline',
    model: 'made',
    closed: true,
  })
  const later = await page.evaluate(trial)
  expect(later).toEqual({ capabilities: 'done', features: 'done', check: 'done', model: 'made', closed: true })
  expect(errors).toEqual([])
})

/** Runs in the page: one client, with all that it loads in the background. */
async function trial(): Promise<unknown> {
  const address = '/program.js'
  const { attempt } = (await import(address)) as { attempt: () => Promise<unknown> }
  return attempt()
}

async function bundle(): Promise<ReadonlyMap<string, string>> {
  const output = { entryFileNames: 'program.js', chunkFileNames: 'part-[hash].js' }
  const chunks = await bundleModule(PROGRAM.replaceAll('ROOT', ROOT), output)
  const atOnce = new Set(['program.js'])
  for (const name of atOnce)
    for (const next of chunks.find(({ fileName }) => fileName === name)!.imports) atOnce.add(next)
  parts = new Set(chunks.map(({ fileName }) => fileName).filter((name) => !atOnce.has(name)))
  return new Map(chunks.map(({ fileName, code }) => [fileName, code]))
}

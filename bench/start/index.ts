/**
 * How soon a first visit can be worked with: a cold profile opens the built page as `npm start` serves it, and the first card of
 * the example is on screen. Bytes and requests before it are counts; the time is of this machine and wants an idle one.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import type { Browser } from 'playwright'
import { chromiumPath } from '../../scripts/chromium.mjs'

export type BenchRow = { readonly name: string; readonly value: number; readonly goal: string; readonly holds: boolean }

const VISITS = 7
const root = fileURLToPath(new URL('../..', import.meta.url))

type Visit = {
  /** Milliseconds from navigation to the frame in which the first card is on screen. */
  readonly card: number
  /** Requests that ended before it, without the document. */
  readonly requests: number
  /** Compressed bytes of them, in kB. */
  readonly kilobytes: number
  /** Main-thread time of tasks over 50 ms until then. */
  readonly longTasks: number
}

export async function bench({ log }: { log(line: string): void }): Promise<BenchRow[]> {
  if (!existsSync(`${root}dist/app/index.html`))
    throw new Error('run `npm run build` first: the built page is measured')
  const { server, url } = await serve()
  const browser = await chromium.launch({ executablePath: await chromiumPath(), args: ['--no-sandbox'] })
  const visits: Visit[] = []
  try {
    // The first visit also pays for the server's compression of the files, as one after a start does not.
    await visit(browser, url)
    for (let i = 0; i < VISITS; i++) {
      const seen = await visit(browser, url)
      visits.push(seen)
      log(`first card after ${seen.card.toFixed(0)} ms, long tasks ${seen.longTasks.toFixed(0)} ms`)
    }
  } finally {
    await browser.close()
    server.kill()
  }
  const card = median(visits.map((v) => v.card))
  const requests = Math.max(...visits.map((v) => v.requests))
  const kilobytes = Math.max(...visits.map((v) => v.kilobytes))
  return [
    {
      name: 'first visit: first card on screen, ms (median)',
      value: Math.round(card),
      goal: '<= 1000',
      holds: card <= 1000,
    },
    { name: 'first visit: requests before the first card', value: requests, goal: '<= 14', holds: requests <= 14 },
    {
      name: 'first visit: kB before the first card',
      value: Math.round(kilobytes),
      goal: '<= 280',
      holds: kilobytes <= 280,
    },
    {
      name: 'first visit: main thread in long tasks until then, ms (median)',
      value: Math.round(median(visits.map((v) => v.longTasks))),
      goal: 'reported',
      holds: true,
    },
  ]
}

/** One visit of a person who was never here: a context of its own has no cache and no storage. */
async function visit(browser: Browser, url: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  try {
    const page = await context.newPage()
    await page.addInitScript(watchForTheFirstCard)
    await page.goto(url)
    return await page
      .waitForFunction(() => (window as Watched).firstVisit, null, { timeout: 30_000 })
      .then((h) => h.jsonValue() as Promise<Visit>)
  } finally {
    await context.close()
  }
}

type Watched = typeof window & { firstVisit?: Visit }

/** Runs in the page before anything of it. */
function watchForTheFirstCard(): void {
  const long: PerformanceEntry[] = []
  new PerformanceObserver((list) => void long.push(...list.getEntries())).observe({ type: 'longtask', buffered: true })
  const look = (): void => {
    if (!document.querySelector('[data-card]')) {
      requestAnimationFrame(look)
      return
    }
    const card = performance.now()
    const done = (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).filter(
      (e) => e.responseEnd <= card,
    )
    // The last task is reported only after it has ended.
    setTimeout(() => {
      ;(window as Watched).firstVisit = {
        card,
        requests: done.length,
        kilobytes: done.reduce((sum, e) => sum + e.encodedBodySize, 0) / 1000,
        longTasks: long.reduce((sum, e) => sum + (e.startTime < card ? e.duration : 0), 0),
      }
    }, 100)
  }
  requestAnimationFrame(look)
}

async function serve(): Promise<{ server: ChildProcess; url: string }> {
  const args = [`${root}bin/tunegraph.mjs`, 'start', '--port', '0', '--no-build']
  const server = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await new Promise<string>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`the server ended with ${code} before it listened`)))
    createInterface({ input: server.stdout }).on('line', (line) => {
      const url = /^Tunegraph is at (\S+)$/.exec(line)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
  return { server, url }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]!
}

/**
 * Main-thread time of dragging one card of 500: our canvas with 30 live curves against plain React Flow without any, in turn in
 * one browser. Gates are the ratio and counts; absolute times are reported, never compared across machines.
 */
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { chromium } from 'playwright'
import type { Browser, CDPSession, Page } from 'playwright'
import { build, preview } from 'vite'
import { chromiumPath } from '../../scripts/chromium.mjs'
import type { BenchPage } from './scene.ts'

declare const benchPage: BenchPage

export type BenchRow = { readonly name: string; readonly value: number; readonly goal: string; readonly holds: boolean }

const FRAMES = 120
const ROUNDS = 5
const root = fileURLToPath(new URL('../..', import.meta.url))
const outDir = `${root}dist/bench-canvas`

type Drag = {
  readonly taskMs: number
  readonly p95: number
  readonly mounted: number
  readonly fed: number
  readonly moved: number
}

export async function bench({ log }: { log(line: string): void }): Promise<BenchRow[]> {
  await buildPages()
  const server = await preview({
    root: `${root}bench/canvas`,
    configFile: false,
    logLevel: 'error',
    build: { outDir },
    preview: { port: 0, host: '127.0.0.1' },
  })
  const browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-renderer-backgrounding'],
  })
  const drags: Record<'ours' | 'peer', Drag[]> = { ours: [], peer: [] }
  try {
    const url = server.resolvedUrls!.local[0]!
    for (let round = 0; round < ROUNDS; round++) {
      // ABBA: whatever drifts over time hits both alike.
      for (const which of round % 2 === 0 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const)) {
        const drag = await dragOnce(browser, `${url}${which}.html`)
        drags[which].push(drag)
        log(
          `${which} task ${drag.taskMs.toFixed(1)} ms/frame, p95 interval ${drag.p95.toFixed(1)} ms, ${drag.mounted} cards mounted`,
        )
      }
    }
  } finally {
    await browser.close()
    await server.close()
    await rm(outDir, { recursive: true, force: true })
  }
  return rows(drags)
}

function rows({ ours, peer }: Record<'ours' | 'peer', Drag[]>): BenchRow[] {
  const ratio = median(ours.map((d) => d.taskMs)) / median(peer.map((d) => d.taskMs))
  const mounted = Math.max(...ours.map((d) => d.mounted))
  const fed = Math.min(...ours.map((d) => d.fed))
  const unmoved = [...ours, ...peer].filter((d) => d.moved < 50).length
  const info = (name: string, value: number): BenchRow => ({ name, value: round(value), goal: 'reported', holds: true })
  return [
    {
      name: 'drag, 500 cards, 30 live curves: main thread, ours ÷ plain React Flow',
      value: round(ratio),
      goal: '<= 0.5',
      holds: ratio <= 0.5,
    },
    { name: 'cards mounted of 500', value: mounted, goal: '<= 60', holds: mounted <= 60 },
    { name: 'points fed during the drag', value: fed, goal: '> 100', holds: fed > 100 },
    { name: 'drags that moved nothing', value: unmoved, goal: '0', holds: unmoved === 0 },
    info('ours, ms per frame', median(ours.map((d) => d.taskMs))),
    info('plain React Flow, ms per frame', median(peer.map((d) => d.taskMs))),
    info('ours, p95 frame interval ms', median(ours.map((d) => d.p95))),
    info('plain React Flow, p95 frame interval ms', median(peer.map((d) => d.p95))),
  ]
}

async function buildPages(): Promise<void> {
  await build({
    root: `${root}bench/canvas`,
    configFile: false,
    logLevel: 'error',
    plugins: [react(), tailwindcss()],
    resolve: { alias: Object.fromEntries(['src', 'nodes', 'worker'].map((room) => [`#${room}`, `${root}${room}`])) },
    worker: { format: 'es' },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      rolldownOptions: { input: { ours: `${root}bench/canvas/ours.html`, peer: `${root}bench/canvas/peer.html` } },
    },
  })
}

async function dragOnce(browser: Browser, url: string): Promise<Drag> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  const cdp = await page.context().newCDPSession(page)
  const broken = new Promise<never>((_, reject) => page.on('pageerror', reject))
  await cdp.send('Performance.enable')
  await page.goto(url)
  await Promise.race([broken, page.waitForFunction(() => 'benchPage' in globalThis && benchPage.mounted() > 10)])
  await page.waitForTimeout(1200)
  const from = await page.evaluate(() => benchPage.handle())
  const place = await page.evaluate(() => benchPage.place())
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await moves(page, from, 20)
  const fed = await page.evaluate(() => benchPage.fed())
  const before = await taskSeconds(cdp)
  const intervals = await moves(page, { x: from.x + 40, y: from.y + 20 }, FRAMES)
  const after = await taskSeconds(cdp)
  const fedAfter = await page.evaluate(() => benchPage.fed())
  await page.mouse.up()
  const placed = await page.evaluate(() => benchPage.place())
  const mounted = await page.evaluate(() => benchPage.mounted())
  await page.close()
  const sorted = [...intervals].sort((a, b) => a - b)
  return {
    taskMs: ((after - before) * 1000) / FRAMES,
    p95: sorted[Math.floor(sorted.length * 0.95)]!,
    mounted,
    fed: fedAfter - fed,
    moved: Math.hypot(placed.x - place.x, placed.y - place.y),
  }
}

/** One mouse move per animation frame, dispatched where the mouse really is; returns the intervals between frames. */
async function moves(page: Page, from: { x: number; y: number }, count: number): Promise<number[]> {
  return page.evaluate(
    ([x, y, n]) =>
      new Promise<number[]>((resolve) => {
        const intervals: number[] = []
        let i = 0
        let last = performance.now()
        const frame = (now: number): void => {
          intervals.push(now - last)
          last = now
          if (i >= n!) return resolve(intervals.slice(1))
          i++
          const at = {
            clientX: x! + i * 2,
            clientY: y! + i,
            bubbles: true,
            cancelable: true,
            view: window,
            buttons: 1,
            button: 0,
          }
          const target = document.elementFromPoint(at.clientX, at.clientY) ?? document.body
          target.dispatchEvent(
            new PointerEvent('pointermove', { ...at, pointerId: 1, isPrimary: true, pointerType: 'mouse' }),
          )
          target.dispatchEvent(new MouseEvent('mousemove', at))
          requestAnimationFrame(frame)
        }
        requestAnimationFrame(frame)
      }),
    [from.x, from.y, count],
  )
}

async function taskSeconds(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics')
  return metrics.find((m) => m.name === 'TaskDuration')!.value
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}

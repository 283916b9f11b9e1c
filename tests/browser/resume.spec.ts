import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import { openApp } from './app.ts'
import { dropGraph } from './dropGraph.ts'
import { readNewestRun } from './runLog.ts'

/** The example with so many SFT steps; the rest short enough to run twice. */
function example(steps: number): string {
  const doc = JSON.parse(readFileSync('examples/sft-to-rl.tunegraph.json', 'utf8'))
  Object.assign(doc.nodes.sft.params, { epochs: 20, maxSteps: steps, evalEvery: 8 })
  Object.assign(doc.nodes.rl.params, { maxSteps: 4 })
  Object.assign(doc.nodes.compare.params, { limit: 32 })
  return JSON.stringify(doc)
}

async function start(page: Page, steps: number): Promise<void> {
  await dropGraph(page, 'short.tunegraph.json', example(steps))
  const run = page.getByRole('button', { name: 'Run', exact: true })
  await expect(run).not.toHaveAttribute('aria-disabled', 'true', { timeout: 30_000 })
  await run.click()
}

async function ended(page: Page): Promise<string> {
  const done = async (): Promise<string> =>
    (await readNewestRun(page)).events.findLast((e) => /^run(Finished|Failed|Stopped)$/.test(e.type))?.type ?? 'running'
  await expect.poll(done, { timeout: 150_000, intervals: [1000] }).not.toBe('running')
  return done()
}

test('a run that a reload cut off goes on by itself and ends with the very same numbers', async ({ page, browser }) => {
  test.setTimeout(400_000)
  await openApp(page)
  await start(page, 48)
  await expect
    .poll(async () => (await readNewestRun(page)).points['sft train/loss']?.length ?? 0, { timeout: 60_000 })
    .toBeGreaterThan(8)
  await page.reload()
  expect(await ended(page)).toBe('runFinished')
  const cut = await readNewestRun(page)
  expect(cut.events.filter((e) => e.type === 'runResumed').length).toBeGreaterThan(0)

  const other = await browser.newContext()
  const whole = await other.newPage()
  await whole.goto(page.url())
  await start(whole, 48)
  expect(await ended(whole)).toBe('runFinished')
  const uninterrupted = await readNewestRun(whole)
  await other.close()

  expect(cut.results).toEqual(uninterrupted.results)
  expect(cut.points).toEqual(uninterrupted.points)
  const steps = cut.points['sft train/loss']!.map(([step]) => step)
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b))
})

test('pause holds at a step, continue goes on, stop ends at once', async ({ page }) => {
  test.setTimeout(200_000)
  await openApp(page)
  await start(page, 300)
  const count = async (): Promise<number> => (await readNewestRun(page)).points['sft train/loss']?.length ?? 0
  await expect.poll(count, { timeout: 60_000 }).toBeGreaterThan(2)
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByRole('button', { name: 'Continue' })).toBeVisible({ timeout: 30_000 })
  await page.waitForTimeout(3000)
  const held = await count()
  await page.waitForTimeout(2500)
  expect(await count()).toBe(held)
  await page.getByRole('button', { name: 'Continue' }).click()
  await expect.poll(count, { timeout: 60_000 }).toBeGreaterThan(held)
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeVisible({ timeout: 5000 })
  await expect.poll(async () => (await readNewestRun(page)).events.at(-1)?.type).toBe('runStopped')
})

import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'
import { card, openApp, runCommand, watchErrors } from './app.ts'
import { dropGraph } from './dropGraph.ts'
import { readNewestRun } from './runLog.ts'

/** The example, short enough to run in seconds. */
function short(): string {
  const doc = JSON.parse(readFileSync('examples/sft.tunegraph.json', 'utf8'))
  Object.assign(doc.nodes.sft.params, { maxSteps: 4, evalEvery: 0 })
  Object.assign(doc.nodes.compare.params, { limit: 8 })
  return JSON.stringify(doc)
}

const dialog = (page: Page): Locator => page.getByRole('dialog', { name: 'Plan' })
const stage = (page: Page, id: string): Locator => dialog(page).locator(`[data-stage="${id}"]`)

async function openPlan(page: Page): Promise<void> {
  await page.keyboard.press('Control+Shift+Enter')
  await expect(dialog(page)).toBeVisible()
  await expect(dialog(page)).not.toContainText('Looking through')
}

/** Every column of the scores can be read beside both panels, and on a phone. */
async function expectScoresToFit(page: Page): Promise<void> {
  const scores = page.getByRole('table').filter({ hasText: 'Mean reward' })
  for (const viewport of [
    { width: 1024, height: 700 },
    { width: 390, height: 800 },
  ]) {
    await page.setViewportSize(viewport)
    if (viewport.width < 640) await page.getByRole('button', { name: 'Run', exact: true }).last().click()
    await expect(scores.getByRole('cell', { name: /^\d\.\d{3}\s*\d\.\d{3} – \d\.\d{3}$/ })).toHaveCount(2)
    expect(await scores.evaluate((table) => table.parentElement!.scrollWidth - table.parentElement!.clientWidth)).toBe(
      0,
    )
  }
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 1440, height: 900 })
}

test('the plan says what will run, takes over what ran, and names the field that makes it run again', async ({
  page,
}) => {
  test.setTimeout(150_000)
  const errors = watchErrors(page)
  await openApp(page)
  await dropGraph(page, 'short.tunegraph.json', short())
  const run = page.getByRole('button', { name: 'Run', exact: true })
  await expect(run).not.toHaveAttribute('aria-disabled', 'true', { timeout: 30_000 })

  await openPlan(page)
  await expect(dialog(page)).toContainText('2 stages run. This graph has not run here before.')
  await expect(stage(page, 'sft')).toHaveAttribute('data-state', 'runs')
  const numbers = stage(page, 'sft').getByRole('row').first()
  await expect(numbers).toContainText('320')
  await expect(numbers.getByRole('cell').nth(1)).toHaveText('4')
  await expect(numbers.getByRole('cell').last()).toHaveText('free')
  await expect(dialog(page)).toContainText('The embedded backend runs in this browser and costs nothing.')
  await expect(dialog(page)).toContainText('Prices of 2026-10-07')

  // A limit that is no number keeps it from running.
  await dialog(page).getByLabel('Tokens at most').fill('many')
  await expect(dialog(page)).toContainText('A limit is a number above 0')
  await dialog(page).getByLabel('Tokens at most').fill('')
  await dialog(page).getByRole('button', { name: 'Run 2 stages' }).click()
  await expect(dialog(page)).toBeHidden()
  await expect
    .poll(async () => (await readNewestRun(page)).events.at(-1)?.type, { timeout: 60_000 })
    .toBe('runFinished')
  await expectScoresToFit(page)

  await openPlan(page)
  await expect(dialog(page)).toContainText('Nothing needs to run')
  await expect(stage(page, 'sft')).toHaveAttribute('data-state', 'reused')
  await expect(stage(page, 'sft')).toContainText('reused from the run of')
  await expect(stage(page, 'compare')).toHaveAttribute('data-state', 'reused')
  await page.keyboard.press('Escape')

  await card(page, 'SFT').click()
  const rate = page.getByLabel('Learning rate', { exact: true })
  await rate.fill('2e-3')
  await rate.press('Enter')
  await expect(card(page, 'SFT')).toContainText('stale Learning rate 0.001 → 0.002')
  await openPlan(page)
  await expect(stage(page, 'sft')).toHaveAttribute('data-state', 'runs')
  await expect(stage(page, 'compare')).toHaveAttribute('data-state', 'runs')
  const reason = stage(page, 'sft').getByRole('list', { name: 'Why it runs again' })
  await expect(reason).toContainText('Learning rate')
  await expect(reason).toContainText('0.001')
  await expect(reason).toContainText('0.002')
  await reason.getByRole('button').click()
  await expect(dialog(page)).toBeHidden()
  await expect(rate).toBeFocused()

  // The save leads back to the graph as it ran.
  const { events } = await readNewestRun(page)
  const saved = events.find((event) => event.type === 'checkpointSaved') as unknown as {
    readonly checkpoint: { readonly statePath: string }
  }
  await runCommand(page, 'Find the graph of a checkpoint')
  const lineage = page.getByRole('dialog', { name: 'Find the graph of a checkpoint' })
  await lineage.getByLabel('Path of the checkpoint').fill(saved.checkpoint.statePath)
  await lineage.getByRole('button', { name: 'Find' }).click()
  await expect(lineage).toContainText('SFT')
  await lineage.getByRole('button', { name: 'Open the graph as it ran' }).click()
  await card(page, 'SFT').click()
  await expect(rate).toHaveValue('0.001')
  expect(errors).toEqual([])
})

test('the trials of a long sweep are one row beside the canvas, which opens and closes', async ({ page }) => {
  const errors = watchErrors(page)
  const doc = JSON.parse(short())
  const params = { strategy: 'seeds', over: '', trials: 12, seed: 0 }
  doc.nodes.seeds = { ...doc.nodes.sft, id: 'seeds', kind: 'sweep', kindVersion: 1, title: 'Seeds', params }
  doc.nodes.seeds.position = { x: 0, y: 620 }
  await openApp(page)
  await dropGraph(page, 'seeds.tunegraph.json', JSON.stringify(doc))
  const trials = page.getByRole('button', { name: /^12 trials of SFT/ })
  await expect(trials).toContainText('12 stages · 48 steps', { timeout: 30_000 })
  const last = page.getByRole('button', { name: /SFT · seed 11/ })
  const behind = page.getByRole('button', { name: /^13 / })
  await expect(last).toBeHidden()
  await expect(behind).toBeVisible()
  await trials.click()
  await expect(trials).toHaveAttribute('aria-expanded', 'true')
  await expect(last).toHaveCount(1)
  await trials.press('Enter')
  await expect(last).toHaveCount(0)
  expect(errors).toEqual([])
})

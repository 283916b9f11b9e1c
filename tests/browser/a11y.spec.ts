import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import { card, openApp, runCommand } from './app.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Violation = { id: string; impact: string | null; nodes: { html: string }[] }

async function seriousProblems(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(root: Document): Promise<{ violations: Violation[] }> } }
    return (await axe.run(document)).violations
  })
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 140)).join(' | ')}`)
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`has no serious accessibility problem in ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme })
    await openApp(page)
    expect(await seriousProblems(page), 'idle').toEqual([])
    await card(page, 'SFT').first().click()
    expect(await seriousProblems(page), 'a node selected').toEqual([])
    await page.getByRole('button', { name: /^What becomes of it/ }).click()
    await expect(page.getByRole('region', { name: 'Config' }).getByRole('button')).not.toHaveCount(0)
    expect(await seriousProblems(page), 'its config').toEqual([])
    await page.getByRole('button', { name: 'Hide the config' }).click()
    await page.keyboard.press('Control+G')
    await card(page, 'Group').press('Enter')
    await card(page, 'Inputs').click()
    expect(await seriousProblems(page), 'an open group').toEqual([])
    await page.keyboard.press('u')
    await page.keyboard.press('Control+Z')
    await page.getByRole('tab', { name: /Problems/ }).click()
    await page.keyboard.press('Control+K')
    expect(await seriousProblems(page), 'command palette').toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /^Backend/ }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await page.getByRole('button', { name: 'Set up' }).click()
    await page.getByRole('button', { name: 'Switch on' }).click()
    await expect(page.getByRole('button', { name: 'Switch off' })).toBeVisible()
    expect(await seriousProblems(page), 'backend dialog').toEqual([])
    await page.getByRole('button', { name: 'Switch off' }).click()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Review the plan' }).first().click()
    await expect(page.getByRole('dialog', { name: 'Plan' }).getByRole('table')).toBeVisible({ timeout: 20_000 })
    expect(await seriousProblems(page), 'plan dialog').toEqual([])
    await page.getByRole('button', { name: 'Edit prices…' }).click()
    await expect(page.getByRole('dialog', { name: 'Prices' })).toBeVisible()
    expect(await seriousProblems(page), 'price table').toEqual([])
  })
}

test('screen readers find the title and the graph: one first heading and one main landmark, also on a small screen', async ({
  page,
}) => {
  await openApp(page)
  for (const viewport of [
    { width: 1440, height: 900 },
    { width: 390, height: 800 },
  ]) {
    await page.setViewportSize(viewport)
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1)
    await expect(page.getByRole('main').locator('.tg-canvas')).toBeVisible()
  }
})

test('the graph is one tab stop and can be walked with the arrow keys', async ({ page }) => {
  await openApp(page)
  const stops = await page.locator('.tg-canvas [tabindex="0"]').count()
  expect(stops).toBeLessThanOrEqual(1)
  await runCommand(page, 'Fit')
  await page.locator('.tg-canvas').focus()
  await page.keyboard.press('ArrowRight')
  const first = await page.evaluate(() => document.activeElement?.getAttribute('data-card') ?? null)
  await page.keyboard.press('ArrowRight')
  const second = await page.evaluate(() => document.activeElement?.getAttribute('data-card') ?? null)
  expect(first).not.toBeNull()
  expect(second).not.toBe(first)
})

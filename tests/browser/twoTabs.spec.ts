import { expect, test } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'
import { card, dropKind, newDocument, openApp, watchErrors } from './app.ts'

const banner = (page: Page): Locator => page.getByText('This graph is open in another tab.')
const takeOver = (page: Page): Locator => page.getByRole('button', { name: 'Take over' })
const cards = (page: Page): Locator => page.locator('[data-card]')
const alerts = (page: Page): Locator => page.locator('[aria-live="assertive"]')

test('one tab edits a graph, the other looks on, takes over, and gives it back', async ({ page, context }) => {
  test.setTimeout(120_000)
  const errors = watchErrors(page)
  await openApp(page)
  await newDocument(page)
  await dropKind(page, 'Model', { x: 200, y: 120 })
  await expect(cards(page)).toHaveCount(1)
  await expect(banner(page)).toHaveCount(0)
  await expect(page.getByText('Saved just now')).toBeVisible()

  // The second tab shows the graph, and nothing done there changes it.
  const other = await context.newPage()
  const otherErrors = watchErrors(other)
  await other.goto('/')
  await expect(banner(other)).toBeVisible()
  await expect(cards(other)).toHaveCount(1)
  await dropKind(other, 'Dataset', { x: 420, y: 240 })
  await expect(alerts(other)).toContainText('open in another tab')
  await expect(cards(other)).toHaveCount(1)
  const place = await card(other, 'Model').boundingBox()
  await other.mouse.move(place!.x + 60, place!.y + 14)
  await other.mouse.down()
  await other.mouse.move(place!.x + 260, place!.y + 114, { steps: 5 })
  await other.mouse.up()
  await expect.poll(() => card(other, 'Model').boundingBox()).toEqual(place)
  const run = other.getByRole('button', { name: 'Run', exact: true })
  await expect(run).toHaveAttribute('aria-disabled', 'true')
  await run.hover()
  await expect(other.getByRole('tooltip')).toContainText('open in another tab')

  // What the first tab has not saved yet comes along; the first tab looks on from now on.
  await page.bringToFront()
  await dropKind(page, 'Note', { x: 420, y: 260 })
  await expect(cards(page)).toHaveCount(2)
  await other.bringToFront()
  await takeOver(other).click()
  await expect(banner(other)).toHaveCount(0)
  await expect(cards(other)).toHaveCount(2)
  await expect(banner(page)).toBeVisible()
  await dropKind(other, 'Dataset', { x: 420, y: 60 })
  await expect(cards(other)).toHaveCount(3)

  // A reload of the tab that edits does not hand the graph to the one that looks on.
  await expect(other.getByText('Saved just now')).toBeVisible()
  await other.reload()
  await expect(cards(other)).toHaveCount(3)
  await expect(banner(page)).toBeVisible()
  await expect(banner(other)).toHaveCount(0)
  await dropKind(other, 'Note', { x: 420, y: 400 })
  await expect(cards(other)).toHaveCount(4)

  // And back again, when the other tab is closed.
  await expect(other.getByText('Saved just now')).toBeVisible()
  await other.close()
  await page.bringToFront()
  await expect(banner(page)).toHaveCount(0)
  await expect(cards(page)).toHaveCount(4)
  await dropKind(page, 'Note', { x: 200, y: 330 })
  await expect(cards(page)).toHaveCount(5)
  await expect(page.getByText('Saved just now')).toBeVisible()
  expect([...errors, ...otherErrors]).toEqual([])
})

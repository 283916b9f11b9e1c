/** A group is opened on the canvas, worked in and left again, by pointer and by keyboard; it runs and compiles as before. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import type { Page } from '@playwright/test'
import { card, dragWire, edges, openApp, port, undo, watchErrors } from './app.ts'
import { dropGraph } from './dropGraph.ts'

const example = (): string => readFileSync('examples/sft.tunegraph.json', 'utf8')

/** The example with its trainer in a group, which is selected. */
async function withGroup(page: Page): Promise<void> {
  await openApp(page)
  await dropGraph(page, 'sft.tunegraph.json', example())
  await card(page, 'SFT').click()
  await page.keyboard.press('Control+G')
  await expect(card(page, 'Group')).toContainText('1 node')
}

const places = (page: Page) => page.getByRole('navigation', { name: 'Open groups' })

test('by pointer: a field and a wire inside are changed, undone from outside, and the plan follows', async ({
  page,
}) => {
  const errors = watchErrors(page)
  await withGroup(page)
  const cards = page.locator('[data-card]')
  const outside = await cards.count()
  await card(page, 'Group').locator('.tg-card-icon').dblclick()
  await expect(places(page)).toContainText('Group')
  await expect(cards).toHaveCount(3)
  await expect(edges(page)).toHaveCount(4)

  await card(page, 'SFT').click()
  await page.getByLabel('Batch size', { exact: true }).fill('8')
  await page.getByLabel('Batch size', { exact: true }).press('Enter')
  await expect(card(page, 'SFT')).toContainText('batch 8')
  await expect(card(page, 'SFT')).toContainText('120')

  // Taken off and drawn again: the wire outside stays.
  await page.locator('.react-flow__pane').click({ position: { x: 300, y: 20 } })
  await port(card(page, 'SFT'), 'policy', 'in').click({ modifiers: ['Alt'] })
  await expect(edges(page)).toHaveCount(3)
  await expect(card(page, 'SFT').getByRole('button', { name: /problem/ })).toBeVisible()
  const inputs = card(page, 'Inputs').locator('[data-direction="out"]').first().locator('.tg-port-dot')
  await dragWire(page, inputs, port(card(page, 'SFT'), 'policy', 'in'))
  await expect(edges(page)).toHaveCount(4)
  await expect(card(page, 'SFT').getByRole('button', { name: /problem/ })).toHaveCount(0)

  await places(page).getByRole('button', { name: 'SFT: Pig Latin' }).click()
  await expect(places(page)).toHaveCount(0)
  await expect(cards).toHaveCount(outside)
  for (let i = 0; i < 3; i++) await undo(page)
  await expect(places(page)).toBeVisible()
  await expect(card(page, 'SFT')).toContainText('batch 16')
  // What was done inside is saved with the document.
  await page.keyboard.press('Control+Shift+Z')
  await expect(page.getByText('Saved just now')).toBeVisible()
  await page.reload()
  await card(page, 'Group').locator('.tg-card-icon').dblclick()
  await expect(card(page, 'SFT')).toContainText('batch 8')
  expect(errors).toEqual([])
})

test('by keyboard: Enter opens, Escape leaves, and a problem inside leads there', async ({ page }) => {
  const errors = watchErrors(page)
  await withGroup(page)
  await card(page, 'Group').focus()
  await page.keyboard.press('Enter')
  await expect(card(page, 'SFT')).toBeVisible()
  await card(page, 'SFT').click()
  await page.keyboard.press('Alt+X')
  const problem = card(page, 'SFT').getByRole('button', { name: /problem/ })
  await expect(problem).toBeVisible()
  // The tip of what the pointer rests on would take the first Escape.
  await page.mouse.move(2, 2)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await expect(card(page, 'Group')).toBeFocused()
  await expect(places(page)).toHaveCount(0)

  // The card says it, and its sign leads to the node inside.
  await card(page, 'Group')
    .getByRole('button', { name: /problem/ })
    .click()
  await expect(places(page)).toBeVisible()
  await expect(card(page, 'SFT')).toHaveClass(/is-selected/)
  await undo(page)
  await expect(problem).toHaveCount(0)
  await page.keyboard.press('u')
  await expect(card(page, 'Group').getByRole('button', { name: /problem/ })).toHaveCount(0)

  // In the list view, too.
  await page.keyboard.press('Alt+O')
  await page.getByRole('button', { name: 'Open Group' }).click()
  const list = page.getByRole('region', { name: 'Graph as a list' })
  await expect(list.getByRole('listitem', { name: 'SFT', exact: true })).toBeVisible()
  await list.getByRole('button', { name: 'Leave the group' }).click()
  await expect(list.getByRole('listitem', { name: 'Group', exact: true })).toBeVisible()
  expect(errors).toEqual([])
})

test('its ports are named, put in order, taken off and added from inside', async ({ page }) => {
  const errors = watchErrors(page)
  await withGroup(page)
  await card(page, 'Group').locator('.tg-card-icon').dblclick()
  await card(page, 'Inputs').click()
  const list = page.getByRole('list', { name: 'Inputs of the group' })
  await list.getByLabel('Name of the input Policy').fill('Start from')
  await list.getByLabel('Name of the input Policy').press('Enter')
  await expect(card(page, 'Inputs')).toContainText('Start from')
  await list.getByRole('button', { name: 'Remove Held-out' }).click()
  await expect(list.getByRole('listitem')).toHaveCount(2)
  await port(card(page, 'SFT'), 'heldout', 'in').click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Make it an input of the group' }).click()
  await expect(card(page, 'Inputs')).toContainText('Held-out')
  await undo(page)
  await expect(card(page, 'Inputs')).not.toContainText('Held-out')
  await dragWire(page, port(card(page, 'SFT'), 'heldout', 'in'), card(page, 'Inputs').locator('.tg-card-summary'))
  await expect(card(page, 'Inputs')).toContainText('Held-out')
  await page.keyboard.press('u')
  await expect(card(page, 'Group')).toContainText('Start from')
  expect(errors).toEqual([])
})

test('a run is watched at the cards inside', async ({ page }) => {
  const errors = watchErrors(page)
  await withGroup(page)
  await card(page, 'Group').locator('.tg-card-icon').dblclick()
  await expect(card(page, 'SFT')).toContainText('60')
  await page.keyboard.press('Control+Enter')
  await expect(card(page, 'SFT').locator('.tg-chip-state')).toContainText(/\d+\/60/, { timeout: 60_000 })
  await expect(card(page, 'SFT').locator('canvas').first()).toBeVisible()
  // Escape is the way out, however often: the run goes on.
  await page.locator('.react-flow__pane').click({ position: { x: 300, y: 20 } })
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await expect(card(page, 'Group').locator('.tg-chip-state')).toContainText(/\d+\/60/)
  expect(errors).toEqual([])
})

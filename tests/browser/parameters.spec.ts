/** Fields that take their value from graph parameters, and groups that show fields of what is in them. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { card, openApp, undo, watchErrors } from './app.ts'
import { dropGraph } from './dropGraph.ts'

const example = (): string => readFileSync('examples/sft.tunegraph.json', 'utf8')

test('a field is made a parameter, follows it and is freed again, by keyboard and pointer', async ({ page }) => {
  const errors = watchErrors(page)
  await openApp(page)
  await dropGraph(page, 'sft.tunegraph.json', example())
  await card(page, 'SFT').click()
  const rate = page.locator('[data-field="learningRate"]')
  await expect(page.getByLabel('Learning rate', { exact: true })).toHaveValue('0.001')

  // By keyboard alone: the sign is the stop before the control.
  await page.getByLabel('Learning rate', { exact: true }).focus()
  await page.keyboard.press('Shift+Tab')
  await expect(page.getByRole('button', { name: 'Use a parameter for Learning rate' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menu')).toBeVisible()
  await page.keyboard.press('Enter')
  const bound = rate.getByRole('button', { name: 'Learning rate: 0.001, from the parameter learningRate' })
  await expect(bound).toBeVisible()
  await expect(card(page, 'Parameter')).toContainText('learningRate = 1e-3')

  await bound.click()
  await page.getByRole('menuitem', { name: /Go to “learningRate”/ }).click()
  const value = page.getByLabel('Value', { exact: true })
  await expect(value).toBeFocused()
  await value.fill('0.004')
  await value.press('Enter')
  await expect(card(page, 'SFT')).toContainText('lr 4e-3')
  await page.getByLabel('Name', { exact: true }).fill('lr')
  await page.getByLabel('Name', { exact: true }).press('Enter')
  await page.getByRole('list', { name: 'Fields that take lr' }).getByRole('button').click()
  const renamed = rate.getByRole('button', { name: 'Learning rate: 0.004, from the parameter lr' })
  await expect(renamed).toBeFocused()

  await renamed.click()
  await page.getByRole('menuitem', { name: /Free it and keep/ }).click()
  await expect(page.getByLabel('Learning rate', { exact: true })).toHaveValue('0.004')
  await page.keyboard.press('Escape')
  await page.locator('.react-flow__pane').click({ position: { x: 20, y: 20 } })
  const list = page.getByRole('list', { name: 'Graph parameters' })
  await expect(list).toContainText('unused')
  await undo(page)
  await expect(renamed).toBeVisible()
  await page.locator('.react-flow__pane').click({ position: { x: 20, y: 20 } })
  await expect(list).toContainText('× 1')
  await list.getByLabel('Value of lr').fill('0.002')
  await list.getByLabel('Value of lr').press('Enter')
  await expect(card(page, 'SFT')).toContainText('lr 2e-3')
  expect(errors).toEqual([])
})

test('cards are put into a group whose card shows a field of them, and taken out again', async ({ page }) => {
  const errors = watchErrors(page)
  await openApp(page)
  await dropGraph(page, 'sft.tunegraph.json', example())
  const cards = page.locator('[data-card]')
  const before = await cards.count()
  await card(page, 'SFT').click()
  await page.keyboard.press('Control+G')
  await expect(card(page, 'Group')).toContainText('1 node')
  await expect(cards).toHaveCount(before)

  const inside = page.getByRole('list', { name: 'Nodes inside the group' })
  await inside.getByRole('button', { name: 'SFT', exact: true }).click()
  await inside.getByRole('button', { name: 'Show Batch size on the card' }).click()
  const batch = page.getByLabel('Batch size', { exact: true })
  await batch.fill('100000')
  await expect(page.locator('[data-field]').getByRole('alert')).toContainText(
    'Batch size must be a whole number from 1 to 4096',
  )
  await batch.fill('8')
  await batch.press('Enter')
  await expect(card(page, 'Group')).toContainText('1 setting')
  await page.getByRole('button', { name: 'Take the group apart' }).click()
  await expect(card(page, 'Group')).toHaveCount(0)
  await card(page, 'SFT').click()
  await expect(batch).toHaveValue('8')
  await page.keyboard.press('Escape')
  for (let i = 0; i < 2; i++) await undo(page)
  await expect(card(page, 'Group')).toContainText('1 setting')
  expect(errors).toEqual([])
})

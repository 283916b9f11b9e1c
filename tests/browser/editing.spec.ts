import { expect, test } from '@playwright/test'
import {
  card,
  drag,
  dragWire,
  dropKind,
  edges,
  hold,
  middle,
  newDocument,
  openApp,
  port,
  runCommand,
  undo,
  watchErrors,
} from './app.ts'

test.describe('drawing a graph by hand', () => {
  test('nodes come from the palette, wires join ports, and every gesture is one undo step', async ({ page }) => {
    const errors = watchErrors(page)
    await openApp(page)
    await newDocument(page)

    await dropKind(page, 'Model', { x: 60, y: 60 })
    await dropKind(page, 'Dataset', { x: 60, y: 260 })
    await dropKind(page, 'SFT', { x: 460, y: 120 })
    const [model, dataset, sft] = [card(page, 'Model'), card(page, 'Dataset'), card(page, 'SFT')]
    await expect(page.locator('[data-card]')).toHaveCount(3)

    await dragWire(page, port(model, 'policy', 'out'), port(sft, 'policy', 'in'))
    await dragWire(page, port(dataset, 'rows', 'out'), port(sft, 'dataset', 'in'))
    await expect(edges(page)).toHaveCount(2)

    // Five gestures, five steps, nothing left; then all of it again.
    for (let step = 0; step < 5; step++) await undo(page)
    await expect(page.locator('[data-card]')).toHaveCount(0)
    for (let step = 0; step < 5; step++) await page.keyboard.press('Control+Shift+Z')
    await expect(edges(page)).toHaveCount(2)
    await expect(page.locator('[data-card]')).toHaveCount(3)
    expect(errors).toEqual([])
  })

  test('a wire that cannot be is refused with the reason at the pointer', async ({ page }) => {
    await openApp(page)
    await newDocument(page)
    await dropKind(page, 'Dataset', { x: 60, y: 60 })
    await dropKind(page, 'SFT', { x: 460, y: 60 })
    const from = await middle(port(card(page, 'Dataset'), 'rows', 'out'))
    const to = await middle(port(card(page, 'SFT'), 'policy', 'in'))
    await hold(page, from, to)
    await expect(page.getByText(/expects (a )?policy/i).first()).toBeVisible()
    await page.mouse.up()
    await expect(edges(page)).toHaveCount(0)
  })

  test('moving several cards, deleting them with their wires, and pasting them elsewhere are one step each', async ({
    page,
    context,
  }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await openApp(page)
    await newDocument(page)
    await dropKind(page, 'Model', { x: 100, y: 180 })
    await dropKind(page, 'SFT', { x: 480, y: 180 })
    await dragWire(page, port(card(page, 'Model'), 'policy', 'out'), port(card(page, 'SFT'), 'policy', 'in'))
    await page.keyboard.press('Control+A')

    const before = await middle(card(page, 'SFT'))
    const grip = (await card(page, 'Model').boundingBox())!
    await drag(page, { x: grip.x + 90, y: grip.y + 16 }, { x: grip.x + 90, y: grip.y + 136 })
    expect((await middle(card(page, 'SFT'))).y - before.y).toBeGreaterThan(80)
    await undo(page)
    await expect.poll(async () => Math.abs((await middle(card(page, 'SFT'))).y - before.y)).toBeLessThan(2)

    await page.keyboard.press('Control+A')
    await page.keyboard.press('Control+C')
    await page.keyboard.press('Delete')
    await expect(page.locator('[data-card]')).toHaveCount(0)
    await undo(page)
    await expect(page.locator('[data-card]')).toHaveCount(2)
    await page.keyboard.press('Control+V')
    await expect(page.locator('[data-card]')).toHaveCount(4)
    await expect(edges(page)).toHaveCount(2)
    await undo(page)
    await expect(page.locator('[data-card]')).toHaveCount(2)
  })

  test('a field edits the document, refuses what does not fit and keeps what was typed', async ({ page }) => {
    await openApp(page)
    await newDocument(page)
    await dropKind(page, 'SFT', { x: 300, y: 80 })
    const rate = page.getByLabel('Learning rate', { exact: true })
    await rate.fill('3e-4')
    await rate.press('Enter')
    await expect(card(page, 'SFT')).toContainText('3e-4')
    await rate.fill('7')
    await expect(page.getByText(/Learning rate must be/)).toBeVisible()
    await expect(rate).toHaveValue('7')
    await expect(card(page, 'SFT')).toContainText('3e-4')
  })

  test('the problems list names what is missing and goes there', async ({ page }) => {
    await openApp(page)
    await newDocument(page)
    await dropKind(page, 'SFT', { x: 300, y: 80 })
    await page.getByRole('tab', { name: /Problems/ }).click()
    const problem = page
      .getByRole('tabpanel', { name: /Problems/ })
      .getByRole('button', { name: /policy/i })
      .first()
    await expect(problem).toBeVisible()
    await page.keyboard.press('Escape')
    await problem.click()
    await expect(card(page, 'SFT')).toHaveClass(/is-selected/)
    await expect(page.getByRole('button', { name: 'Run', exact: true })).toHaveAttribute('aria-disabled', 'true')
  })

  test('a graph can be laid out in a worker and taken back', async ({ page }) => {
    await openApp(page)
    const place = async (): Promise<unknown> =>
      page.locator('.react-flow__node').evaluateAll((all) => all.map((n) => (n as HTMLElement).style.transform))
    const before = await place()
    await runCommand(page, 'Tidy')
    await expect(page.getByRole('button', { name: 'Undo: Tidy up' })).toBeVisible({ timeout: 15_000 })
    expect(await place()).not.toEqual(before)
    await undo(page)
    await expect.poll(place).toEqual(before)
  })

  test('the help of a node says what it is for, and leads to the help of its neighbours', async ({ page }) => {
    await openApp(page)
    await newDocument(page)
    await dropKind(page, 'Best of', { x: 60, y: 60 })
    await page.getByRole('button', { name: 'What this node is for, and all its fields' }).click()
    const help = page.getByRole('region', { name: 'Help' })
    await expect(help.getByRole('heading', { name: /best of/i })).toBeVisible()
    await help.getByRole('button', { name: 'sweep' }).click()
    await expect(help.getByRole('heading', { name: /sweep/i })).toBeVisible()
    await help.getByRole('button', { name: 'Back' }).click()
    await expect(help.getByRole('heading', { name: /best of/i })).toBeVisible()
  })
})

import { expect, test } from '@playwright/test'
import { card, openApp, watchErrors } from './app.ts'

test('a node shows what becomes of it: its lines of the plan, and the way from each line to its place', async ({
  page,
}) => {
  const errors = watchErrors(page)
  await openApp(page)
  await card(page, 'SFT').click()
  const inspector = page.getByRole('complementary', { name: 'Inspector' })
  await inspector.getByRole('button', { name: /^What becomes of it/ }).click()
  const config = inspector.getByRole('region', { name: 'Config' })
  await expect(config).toContainText('Stage 1 · SFT', { timeout: 30_000 })

  const rate = config.getByRole('button', { name: '"batchSize":' })
  await inspector.locator('[data-field="batchSize"] input').focus()
  await expect(rate).toHaveAttribute('data-focused', '')
  await expect(rate).toBeInViewport()

  const rank = config.getByRole('button', { name: '"loraRank":' })
  await rank.hover()
  await expect(card(page, 'Base model')).toHaveClass(/is-lit/)
  await rank.click()
  await expect(inspector.locator('[data-field="loraRank"] :is(input, select, button):focus')).toHaveCount(1)
  // It stays open, now with all that comes from the model.
  await expect(config.getByRole('combobox', { name: 'Stage' }).locator('option')).toHaveText([
    'Stage 1 · SFT',
    'Stage 2 · RL (GRPO)',
    'Stage 3 · Base, SFT and RL',
  ])
  expect(errors).toEqual([])
})

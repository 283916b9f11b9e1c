import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { card, newDocument, openApp, runCommand } from './app.ts'
import { dropFile } from './dropGraph.ts'

test.describe('files', () => {
  test('a graph exports as sorted lines and opens again from the file, the same', async ({ page }) => {
    await openApp(page)
    const download = page.waitForEvent('download')
    await runCommand(page, 'Export')
    const file = await download
    expect(file.suggestedFilename()).toMatch(/\.tunegraph\.json$/)
    const text = readFileSync((await file.path())!, 'utf8')
    const example = readFileSync('examples/sft-to-rl.tunegraph.json', 'utf8')
    expect(Object.keys(JSON.parse(text).nodes)).toEqual(Object.keys(JSON.parse(example).nodes))
    expect(text.endsWith('\n')).toBe(true)

    const count = await page.locator('[data-card]').count()
    await newDocument(page)
    await dropFile(page, 'again.tunegraph.json', text)
    await expect(page.locator('[data-card]')).toHaveCount(count)
  })

  test('rows that are dropped become a dataset; broken lines are named and the rest is used', async ({ page }) => {
    await openApp(page)
    await newDocument(page)
    await dropFile(page, 'sums.jsonl', '{"prompt":"1+1","answer":"2"}\n{oops\n{"prompt":"2+2","answer":"4"}\n')
    await expect(page.locator('[data-card]')).toHaveCount(1)
    await page.locator('[data-card]').click()
    const inspector = page.getByRole('complementary', { name: 'Inspector' })
    await expect(inspector.getByText(/2 rows/).first()).toBeVisible()
    await inspector.getByRole('button', { name: 'Rows', exact: true }).click()
    await page
      .getByRole('dialog')
      .getByRole('tab', { name: /Problems/ })
      .click()
    await expect(page.getByRole('dialog').getByText('line 2')).toBeVisible()
  })

  test('a file that is no graph leaves everything as it was and says why', async ({ page }) => {
    await openApp(page)
    const count = await page.locator('[data-card]').count()
    await dropFile(page, 'broken.tunegraph.json', '{"format": "tunegraph", "nodes": ')
    await expect(page.getByText(/broken\.tunegraph\.json/).first()).toBeVisible()
    await expect(page.locator('[data-card]')).toHaveCount(count)
  })

  test('a config of another trainer opens as a graph, lists what has no equivalent, and its cards have icons of their own', async ({
    page,
  }) => {
    const base = { model_name: 'Qwen/Qwen3-8B', learning_rate: 1e-4, dataset: 'rows.jsonl', lora_rank: 24 }
    const icon = page.locator('[data-card="trainer"] img').first()
    await openApp(page)
    await dropFile(page, 'tuned.json', JSON.stringify(base))
    await expect(card(page, 'SFT')).toBeVisible()
    const cap = await icon.getAttribute('src')
    const problems = page.getByRole('list', { name: 'Problems' })
    await expect(problems).toContainText('LoRA rank 24 became 32')
    await expect(page.getByRole('tab', { name: /^Problems \d+ errors?$/ })).toBeVisible()
    // Neither button offers what cannot be.
    await page.getByRole('tab', { name: 'Run' }).click()
    for (const name of ['Run', 'Run the graph']) {
      await expect(page.getByRole('button', { name, exact: true })).toHaveAttribute('aria-disabled', 'true')
    }
    await dropFile(page, 'paid.json', JSON.stringify({ ...base, group_size: 8, max_tokens: 64 }))
    await expect(card(page, 'RL (GRPO)')).toBeVisible()
    await expect(icon).not.toHaveAttribute('src', cap!)
  })

  test('an unknown kind is shown as missing, keeps its settings, and comes back out of the export', async ({
    page,
  }) => {
    const example = JSON.parse(readFileSync('examples/sft-to-rl.tunegraph.json', 'utf8'))
    example.nodes.sft.kind = 'train-tomorrow'
    await openApp(page)
    await dropFile(page, 'future.tunegraph.json', JSON.stringify(example))
    await expect(card(page, 'SFT').first()).toHaveAttribute('data-missing', '')
    const download = page.waitForEvent('download')
    await runCommand(page, 'Export')
    const out = JSON.parse(readFileSync((await (await download).path())!, 'utf8'))
    expect(out.nodes.sft.kind).toBe('train-tomorrow')
    expect(out.nodes.sft.params).toEqual(example.nodes.sft.params)
  })

  test('edits are there again after a reload', async ({ page }) => {
    await openApp(page)
    await card(page, 'SFT').first().click()
    const rate = page.getByLabel('Learning rate', { exact: true })
    await rate.fill('2.5e-4')
    await rate.press('Enter')
    await expect(page.getByText(/^Saved (just|\d)/)).toBeVisible()
    await page.reload()
    await card(page, 'SFT').first().click()
    await expect(page.getByLabel('Learning rate', { exact: true })).toHaveValue('2.5e-4')
  })
})

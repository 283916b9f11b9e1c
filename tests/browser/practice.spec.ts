import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'
import { card, openApp } from './app.ts'

const settings = (page: Page): Locator => page.getByRole('dialog', { name: 'Backend' })
const chip = (page: Page): Locator => page.getByRole('button', { name: /^Backend:/ })

async function openSettings(page: Page): Promise<void> {
  await chip(page).click()
  await expect(settings(page)).toBeVisible()
}

/** Milliseconds that the newest check of the connection took. */
async function answeredIn(page: Page): Promise<number> {
  const line = settings(page).getByRole('status').filter({ hasText: 'Check again' })
  await line.getByRole('button', { name: 'Check again' }).click()
  await expect(line).toContainText(/Checking|answered in/)
  await expect(line).toContainText('answered in', { timeout: 30_000 })
  return Number(/answered in (\d+) ms/.exec(await line.innerText())![1])
}

test('bad days are switched on in the settings, are plain to see, come back after a reload, and go', async ({
  page,
}) => {
  await openApp(page)
  await expect(chip(page)).not.toContainText('bad days')
  await openSettings(page)
  await settings(page).getByRole('button', { name: 'Set up' }).click()
  await settings(page).getByLabel('Latency').fill('900')
  await settings(page).getByLabel('Requests that fail').fill('0')
  await settings(page).getByLabel('Queue pauses').fill('0')
  await settings(page).getByLabel('Rate limit').fill('3')
  await settings(page).getByRole('button', { name: 'Switch on' }).click()
  await expect(settings(page)).toContainText('On: latency 900 ms, rate limit 3 per second')
  expect(await answeredIn(page)).toBeGreaterThan(440)
  await page.keyboard.press('Escape')
  await expect(chip(page)).toContainText('bad days')

  await page.reload()
  await expect(chip(page)).toContainText('bad days')
  await page.setViewportSize({ width: 390, height: 800 })
  await expect(chip(page)).toContainText('bad days')
  await openSettings(page)
  expect(await answeredIn(page)).toBeGreaterThan(440)
  await expect(settings(page).getByLabel('Latency')).toHaveValue('900')
  await settings(page).getByRole('button', { name: 'Switch off' }).click()
  await expect(settings(page)).not.toContainText('On: latency')
  expect(await answeredIn(page)).toBeLessThan(440)
  await page.keyboard.press('Escape')
  await expect(chip(page)).not.toContainText('bad days')
})

test('both models are offered with their sizes, and weights are loaded by whoever uses them', async ({ page }) => {
  const loaded: string[] = []
  page.on('response', (response) => loaded.push(response.url()))
  await openApp(page)
  await openSettings(page)
  const models = settings(page).getByRole('list', { name: 'Models' }).getByRole('listitem')
  await expect(models).toHaveCount(2)
  await expect(models.nth(0)).toHaveText(/tunegraph\/tiny-1m · 1\.0M parameters, 2\.0 MB$/)
  await expect(models.nth(1)).toHaveText(/tunegraph\/tiny-4m · 4\.2M parameters, 8\.4 MB$/)
  const weights = (): string[] =>
    loaded.filter((url) => url.endsWith('.safetensors')).map((url) => /model(-\d{5}-of-\d{5})?/.exec(url)![0])
  expect(weights()).toEqual([])

  // Whoever asks the larger one loads its parts, and not the smaller one.
  await page.keyboard.press('Escape')
  await card(page, 'Base model').click()
  await expect(page.getByText('1.0M parameters, reads up to 512 tokens')).toBeVisible()
  await page.getByRole('tab', { name: 'Playground' }).click()
  const panel = page.getByRole('tabpanel', { name: 'Playground' })
  await panel.getByRole('combobox', { name: 'Policy' }).selectOption('Base · tunegraph/tiny-4m')
  await panel.getByRole('textbox', { name: 'Question to all policies' }).fill('spell cat')
  await panel.getByRole('button', { name: 'Ask' }).click()
  await expect(panel).toContainText('c a t', { timeout: 60_000 })
  expect(weights().toSorted()).toEqual(['model-00001-of-00002', 'model-00002-of-00002'])
})

/** A LoRA adapter of rank 1 on one layer of the smaller model, as PEFT would save it. */
function writeAdapter(folder: string): string[] {
  const name = 'base_model.model.model.layers.0.self_attn.q_proj'
  const tensors = { [`${name}.lora_A.weight`]: [1, 128], [`${name}.lora_B.weight`]: [128, 1] }
  const header = Object.fromEntries(
    Object.entries(tensors).map(([key, shape], i) => [
      key,
      { dtype: 'F32', shape, data_offsets: [i * 512, i * 512 + 512] },
    ]),
  )
  const head = new TextEncoder().encode(JSON.stringify(header))
  const length = new BigUint64Array([BigInt(head.length)])
  const data = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i))
  const config = {
    peft_type: 'LORA',
    r: 1,
    lora_alpha: 2,
    target_modules: ['q_proj'],
    base_model_name_or_path: '/home/me',
  }
  const files = [join(folder, 'adapter_config.json'), join(folder, 'adapter_model.safetensors')]
  writeFileSync(files[0]!, JSON.stringify(config))
  writeFileSync(
    files[1]!,
    Buffer.concat([length, head, data].map((part) => Buffer.from(part.buffer, 0, part.byteLength))),
  )
  return files
}

test('an adapter from files is talked to in the playground, is there after a reload, and goes again', async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'tunegraph-adapter-'))
  const [config, weights] = writeAdapter(folder)
  await openApp(page)
  await page.getByRole('tab', { name: 'Playground' }).click()
  const panel = page.getByRole('tabpanel', { name: 'Playground' })
  const upload = async (...files: string[]): Promise<void> => {
    const choosing = page.waitForEvent('filechooser')
    await panel.getByRole('button', { name: 'Upload adapter' }).click()
    await (await choosing).setFiles(files)
  }
  await upload(weights!)
  await expect(panel.getByRole('alert')).toContainText(
    '“adapter” cannot be used: the adapter has no adapter_config.json',
  )
  await upload(config!, weights!)
  await expect(panel.getByRole('region', { name: 'adapter · uploaded adapter' })).toBeVisible({ timeout: 30_000 })
  await expect(panel.getByRole('alert')).toHaveCount(0)
  await panel.getByRole('textbox', { name: 'Question to all policies' }).fill('spell cat')
  await panel.getByRole('button', { name: 'Ask' }).click()
  const column = panel.getByRole('region', { name: 'adapter · uploaded adapter' })
  await expect(column).toContainText(/\d+ tokens/, { timeout: 60_000 })

  await page.reload()
  await page.getByRole('tab', { name: 'Playground' }).click()
  await expect(panel.getByRole('combobox', { name: 'Policy' }).first()).toContainText('adapter · uploaded adapter')
  await openSettings(page)
  const listed = settings(page).getByRole('list', { name: 'Adapters that were uploaded' }).getByRole('listitem')
  await expect(listed).toContainText('on tunegraph/tiny-1m')
  await listed.getByRole('button', { name: 'Delete adapter' }).click()
  await expect(listed).toHaveCount(0)
  rmSync(folder, { recursive: true })
})

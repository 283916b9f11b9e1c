import { expect } from '@playwright/test'
import type { Page } from '@playwright/test'
import { expectCards } from './app.ts'

/** Drops a file on the canvas, as from the file manager. */
export async function dropFile(page: Page, name: string, text: string): Promise<void> {
  const data = await page.evaluateHandle(
    ([fileName, content]) => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([content!], fileName!))
      return transfer
    },
    [name, text],
  )
  const at = { clientX: 600, clientY: 300, bubbles: true, cancelable: true }
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent('.tg-canvas', type, { dataTransfer: data, ...at })
  }
}

/** Drops a graph and waits until it is on the canvas. */
export async function dropGraph(page: Page, name: string, text: string): Promise<void> {
  await expect(page.locator('.tg-canvas')).toBeVisible()
  await dropFile(page, name, text)
  // The graph that was open before has cards, too.
  const { title } = JSON.parse(text) as { readonly title: string }
  await expect(page).toHaveTitle(`${title} · Tunegraph`)
  await expectCards(page, text)
}

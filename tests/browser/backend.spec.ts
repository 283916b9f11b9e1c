import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'
import { runCommand } from './app.ts'
import { dropGraph } from './dropGraph.ts'
import type { OwnServer } from './ownServer.ts'
import { startServer } from './ownServer.ts'
import { readNewestRun } from './runLog.ts'
import { storedText } from './storedText.ts'

const KEY = 'tml-k3y-that-must-never-be-written-down'
const WRONG = 'tml-wr0ng-key-nor-this-one'
const PASSPHRASE = 'correct horse battery staple'

let folder: string
let tinker: OwnServer
let app: OwnServer

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tunegraph-backend-'))
  tinker = await startServer(['serve', '--port', '0', '--api-key', KEY, '--json', '--data', folder])
  // The page's own server as well: what it says is read below.
  app = await startServer(['start', '--port', '0', '--no-build'])
})
test.afterAll(async () => {
  await Promise.all([tinker?.stop(), app?.stop()])
  rmSync(folder, { recursive: true, force: true })
})

const settings = (page: Page): Locator => page.getByRole('dialog', { name: 'Backend' })
const status = (page: Page): Locator => settings(page).getByRole('status')

async function openSettings(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Backend:/ }).click()
  await expect(settings(page)).toBeVisible()
}

async function submit(page: Page, label: string, secret: string, button: string): Promise<void> {
  await settings(page).getByLabel(label, { exact: true }).fill(secret)
  await settings(page).getByRole('button', { name: button, exact: true }).click()
}

/** The first stage of the example and its evaluation, short. */
function shortRun(): string {
  const doc = JSON.parse(readFileSync('examples/sft-to-rl.tunegraph.json', 'utf8'))
  Object.assign(doc.nodes.sft.params, { maxSteps: 3, evalEvery: 0 })
  Object.assign(doc.nodes.compare.params, { limit: 8 })
  for (const node of ['rl', 'after-rl', 'prompts']) delete doc.nodes[node]
  for (const [id, { from, to }] of Object.entries<Record<string, { node: string }>>(doc.edges)) {
    if (!doc.nodes[from!.node] || !doc.nodes[to!.node]) delete doc.edges[id]
  }
  return JSON.stringify(doc)
}

/** All files below a folder as one text. */
function filesOf(at: string): string {
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')
}

async function exported(page: Page): Promise<string> {
  const download = page.waitForEvent('download')
  await runCommand(page, 'Export')
  return readFileSync((await (await download).path())!, 'utf8')
}

test('another server through the relay: what is wrong with the key is said, and the key is written nowhere', async ({
  page,
}) => {
  test.setTimeout(240_000)
  const console: string[] = []
  const addresses: string[] = []
  page.on('console', (message) => console.push(message.text()))
  page.on('request', (request) => addresses.push(request.url()))
  const nowhere = async (graph: string): Promise<void> => {
    const places: Record<string, string> = {
      ...(await storedText(page)),
      export: graph,
      console: console.join('\n'),
      addresses: addresses.join('\n'),
      'log of serve': tinker.said(),
      'files of serve': filesOf(folder),
      'log of start': app.said(),
    }
    // Proof that the search sees what is there.
    expect(places['indexedDB tunegraph/settings']).toContain(tinker.url)
    expect(places['files of serve']).toContain('tunegraph/tiny-1m')
    expect(Object.keys(places)).toContain('indexedDB tunegraph/keys')
    for (const [place, text] of Object.entries(places)) {
      for (const secret of [KEY, WRONG, PASSPHRASE]) expect(text.includes(secret), `${secret} in ${place}`).toBe(false)
    }
  }

  await page.goto(app.url)
  await expect(page.locator('[data-card]').first()).toBeVisible()
  await openSettings(page)
  await settings(page)
    .getByRole('radio', { name: /Other URL/ })
    .click()
  await settings(page).getByLabel('Address').fill(tinker.url)
  await settings(page).getByRole('button', { name: 'Use' }).click()
  await expect(status(page)).toContainText('wants a key and none is set')
  await expect(status(page)).toContainText(tinker.url)
  await submit(page, 'API key', WRONG, 'Connect')
  await expect(status(page)).toContainText('does not accept the key')
  await submit(page, 'Replace the API key', KEY, 'Connect')
  await expect(status(page)).toContainText('Connected')
  await expect(status(page)).toContainText('tunegraph/tiny-1m')
  expect(addresses.filter((url) => url.startsWith(tinker.url))).toEqual([])
  await page.keyboard.press('Escape')

  // A whole run with the key in use: its log, its metrics and its checkpoints are looked through as well.
  await dropGraph(page, 'short.tunegraph.json', shortRun())
  const run = page.getByRole('button', { name: 'Run', exact: true })
  await expect(run).not.toHaveAttribute('aria-disabled', 'true', { timeout: 30_000 })
  await run.click()
  const events = async () => (await readNewestRun(page)).events
  const last = async (): Promise<string | undefined> => (await events()).at(-1)?.type
  await expect.poll(last, { timeout: 120_000, intervals: [1000] }).toMatch(/^run(Finished|Failed|Stopped)$/)
  const end = (await events()).at(-1)
  expect(end?.type, JSON.stringify(end)).toBe('runFinished')
  expect(tinker.said()).toContain('/api/v1/optim_step')
  await nowhere(await exported(page))

  // Sealed by a passphrase it is there after a reload, and opens with that passphrase alone.
  await openSettings(page)
  await submit(page, 'Remember it with a passphrase', PASSPHRASE, 'Seal')
  await expect(settings(page).getByLabel('Remember it with a passphrase')).toHaveCount(0)
  await page.reload()
  await expect(page.locator('[data-card]').first()).toBeVisible()
  await openSettings(page)
  await expect(status(page)).toContainText('wants a key and none is set')
  await submit(page, 'Passphrase', 'not this one', 'Unlock')
  await expect(settings(page).getByRole('alert')).toContainText('does not open the stored key')
  await submit(page, 'Passphrase', PASSPHRASE, 'Unlock')
  await expect(status(page)).toContainText('Connected')
  await page.keyboard.press('Escape')
  await nowhere(await exported(page))

  // Forgotten, it is gone for good.
  await openSettings(page)
  await settings(page).getByRole('button', { name: 'Forget the key' }).click()
  await expect(status(page)).toContainText('wants a key and none is set')
  await page.reload()
  await openSettings(page)
  await expect(settings(page).getByLabel('Passphrase')).toHaveCount(0)
})

test('an address where nothing answers, and one that is no address, are told apart', async ({ page }) => {
  await page.goto(app.url)
  await openSettings(page)
  await settings(page)
    .getByRole('radio', { name: /Other URL/ })
    .click()
  await expect(settings(page)).toContainText('stays on the embedded backend')
  await settings(page).getByLabel('Address').fill('http://127.0.0.1:9')
  await settings(page).getByRole('button', { name: 'Use' }).click()
  await expect(status(page)).toContainText('Nothing answers at http://127.0.0.1:9')
  await settings(page).getByLabel('Address').fill('https://example.org')
  await settings(page).getByRole('button', { name: 'Use' }).click()
  await expect(status(page)).toContainText('--allow-upstream https://example.org')
  await settings(page).getByLabel('Address').fill(app.url)
  await settings(page).getByRole('button', { name: 'Use' }).click()
  await expect(status(page)).toContainText('not as a Tinker API')
})

/** The client as a page and a worker import it, against the embedded backend on another address. */
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join, normalize } from 'node:path'
import { expect, test } from '@playwright/test'
import { startServer } from './ownServer.ts'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OwnServer } from './ownServer.ts'

const LIBRARY = 'dist/library'
const PAGE = `<!doctype html><script type="importmap">{"imports":{"tunegraph/tinker":"/tinker.js"}}</script>`
const TALK = `
  export async function talk(baseUrl) {
    const service = new ServiceClient({ baseUrl })
    const { models } = await service.getServerCapabilities()
    const sampler = await service.createSamplingClient({ baseModel: models[0].name })
    const { sequences } = await sampler.sample({ prompt: Int32Array.from([72, 105]), params: { maxTokens: 3 } }).result()
    await service.close()
    return sequences[0].tokens.length
  }`

let files: Server
let backend: OwnServer
let origin: string

test.beforeAll(async () => {
  test.setTimeout(180_000)
  execFileSync('node', ['scripts/buildLibrary.mjs'], { stdio: 'inherit' })
  files = createServer((request, response) => {
    const path = normalize(new URL(request.url!, 'http://x').pathname)
    const script = (text: string): void => void response.writeHead(200, { 'content-type': 'text/javascript' }).end(text)
    if (path === '/') return void response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
    if (path === '/talk.js') return script(`import { ServiceClient } from 'tunegraph/tinker'\n${TALK}`)
    // Import maps do not reach into workers: there a bundler, or an address, stands for the name.
    if (path === '/worker.js')
      return script(
        `import { ServiceClient } from '/tinker.js'\n${TALK}\nonmessage = async ({ data }) => postMessage(await talk(data))`,
      )
    readFile(join(LIBRARY, path), 'utf8').then(script, () => response.writeHead(404).end())
  })
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`
  backend = await startServer(['serve', '--port', '0', '--shards', '0', '--origin', origin])
})
test.afterAll(async () => {
  await backend.stop()
  files.close()
})

test('a page samples through `tunegraph/tinker`', async ({ page }) => {
  await page.goto(origin)
  const length = await page.evaluate(async (baseUrl) => {
    const address = '/talk.js'
    const { talk } = (await import(address)) as { talk: (baseUrl: string) => Promise<number> }
    return talk(baseUrl)
  }, backend.url)
  expect(length).toBeGreaterThan(0)
})

test('a worker does the same', async ({ page }) => {
  await page.goto(origin)
  const length = await page.evaluate((baseUrl) => {
    const worker = new Worker('/worker.js', { type: 'module' })
    return new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data as number)
      worker.onerror = ({ message }) => reject(new Error(message))
      worker.postMessage(baseUrl)
    })
  }, backend.url)
  expect(length).toBeGreaterThan(0)
})

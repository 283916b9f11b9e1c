/** The page's own backend without the editor: its worker as built, spoken to through its port as the run worker does. */
import { readdirSync } from 'node:fs'
import type { Page } from '@playwright/test'

export type Json = Record<string, unknown>

export type BackendPage = {
  /** Answers with the body; an answer that is no 200 has its `status` in it. */
  call(method: string, path: string, body?: Json): Promise<Json>
  /** Submits and polls until the result is there. */
  run(path: string, body: Json): Promise<Json>
  poll(requestId: unknown): Promise<Json>
  /** A new document and a new worker, over the same storage. */
  reload(): Promise<void>
}

type Api = (method: string, path: string, body: Json | null) => Promise<Json>

export async function openBackend(page: Page): Promise<BackendPage> {
  const assets = readdirSync('dist/app/assets')
  const script = assets.find((file) => /^backend\.worker-.*\.js$/.test(file))!
  const empty = assets.find((file) => /^config-.*\.json$/.test(file))!
  const start = (): Promise<void> =>
    page.evaluate((url) => {
      const worker = new Worker(url, { type: 'module' })
      const { port1, port2 } = new MessageChannel()
      worker.postMessage({ type: 'serve', port: port2 }, [port2])
      const waiting = new Map<number, (answer: Json) => void>()
      port1.addEventListener('message', ({ data }) => {
        const text = data.body === null || data.body === undefined ? '{}' : new TextDecoder().decode(data.body)
        const body = data.type === 'response' ? (JSON.parse(text) as Json) : { error: data.message }
        waiting.get(data.id)?.(data.status === 200 ? body : { ...body, status: data.status })
        waiting.delete(data.id)
      })
      port1.start()
      let next = 0
      const api: Api = (method, path, json) =>
        new Promise((resolve) => {
          const id = next++
          waiting.set(id, resolve)
          const body = json === null ? null : new TextEncoder().encode(JSON.stringify(json)).buffer
          const headers = [['content-type', 'application/json']]
          port1.postMessage({ type: 'request', id, url: `http://embedded/api/v1/${path}`, method, headers, body })
        })
      ;(globalThis as unknown as { api: Api }).api = api
    }, `/assets/${script}`)
  // Any document of the same origin will do; one without the editor leaves the storage to this backend.
  await page.goto(`/assets/${empty}`)
  await start()
  const call: BackendPage['call'] = (method, path, body) =>
    page.evaluate(([m, p, b]) => (globalThis as unknown as { api: Api }).api(m, p, b), [
      method,
      path,
      body ?? null,
    ] as const)
  const poll: BackendPage['poll'] = async (requestId) => {
    for (;;) {
      const answer = await call('POST', 'retrieve_future', { request_id: requestId })
      if (answer['type'] !== 'try_again') return answer
    }
  }
  return {
    call,
    poll,
    async run(path, body) {
      const { request_id, ...rest } = await call('POST', path, body)
      return request_id === undefined ? rest : poll(request_id)
    },
    async reload() {
      await page.reload()
      await start()
    },
  }
}

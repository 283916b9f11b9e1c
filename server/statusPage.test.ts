import { afterAll, describe, expect, test } from 'vitest'
import { backendClient } from '#src/backend/service/testing/backendClient.ts'
import { statusPage } from './statusPage.ts'

const open = backendClient()
const locked = backendClient({ apiKey: 'tml-secret' })
afterAll(() => Promise.all([open.backend.close(), locked.backend.close()]))

const ask = (client: typeof open, headers: Record<string, string> = {}): Promise<Response | null> =>
  statusPage(new Request('http://127.0.0.1:8000/', { headers }), client.backend)

describe('the page of the server', () => {
  test('shows models, runs and checkpoints, and takes what users wrote as text', async () => {
    const { model } = await open.newModel()
    await open.run('save_weights', { model_id: model, seq_id: 1, path: 'a+b', ttl_seconds: 3600 })
    const answer = (await ask(open))!
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    const html = await answer.text()
    expect(html).toContain('test/tiny')
    expect(html).toMatch(/\d+k parameters, 64 tokens of context/)
    expect(html).toContain('TINKER_BASE_URL=http://127.0.0.1:8000')
    expect(html).toContain(`tinker://${model}/weights/a+b`)
    expect(html).not.toMatch(/<script|undefined|NaN|\[object/)
    expect(html).not.toMatch(/(src|href)=/)
  })

  test('asks a browser for the key where one is wanted, and opens for it', async () => {
    const without = (await ask(locked))!
    expect(without.status).toBe(401)
    expect(without.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect(await without.text()).not.toContain('test/tiny')
    const wrong = await ask(locked, { authorization: `Basic ${btoa('me:nothing')}` })
    expect(wrong?.status).toBe(401)
    const right = await ask(locked, { authorization: `Basic ${btoa('me:tml-secret')}` })
    expect(right?.status).toBe(200)
    expect(await right?.text()).toContain('None yet')
  })

  test('is the root alone', async () => {
    expect(await statusPage(new Request('http://127.0.0.1:8000/other'), open.backend)).toBeNull()
    expect(await statusPage(new Request('http://127.0.0.1:8000/', { method: 'POST' }), open.backend)).toBeNull()
  })
})

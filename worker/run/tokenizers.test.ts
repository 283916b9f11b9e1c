import { describe, expect, test } from 'vitest'
import { createBlobStore } from '#src/persist/blobs.ts'
import { freshStorage } from '#src/persist/testing/freshStorage.ts'
import { findTokenizer, hub } from './tokenizers.ts'

/** A folder of model repositories on the web, with a log of what was asked. */
function site(files: Readonly<Record<string, string>>): {
  fetch: (request: Request) => Promise<Response>
  asked: string[]
} {
  const asked: string[] = []
  const fetch = (request: Request): Promise<Response> => {
    asked.push(request.url)
    const body = files[request.url]
    return Promise.resolve(body === undefined ? new Response('no', { status: 404 }) : new Response(body))
  }
  return { fetch, asked }
}

const kept = (): ReturnType<typeof createBlobStore> => createBlobStore(freshStorage(), 'tokenizers/')
const HUB = 'https://huggingface.co'

describe('the tokenizer of a model', () => {
  test('comes from the hub once and is kept', async () => {
    const { fetch, asked } = site({
      [`${HUB}/Qwen/Qwen3-8B/resolve/main/tokenizer.json`]: '{"t":1}',
      [`${HUB}/Qwen/Qwen3-8B/resolve/main/tokenizer_config.json`]: '{"c":1}',
    })
    const store = kept()
    const files = { ok: true, value: { tokenizer: '{"t":1}', config: '{"c":1}' } }
    expect(await findTokenizer('Qwen/Qwen3-8B:peft:262144', [hub(fetch)], store)).toEqual(files)
    expect(await findTokenizer('Qwen/Qwen3-8B', [hub(fetch)], store)).toEqual(files)
    expect(asked).toHaveLength(2)
  })

  test('comes from the server itself where it has the files', async () => {
    const server = site({
      'http://box/me/tiny/resolve/main/tokenizer.json': 't',
      'http://box/me/tiny/resolve/main/tokenizer_config.json': 'c',
    })
    const outside = site({})
    const sources = [{ url: 'http://box', fetch: server.fetch, keep: false }, hub(outside.fetch)]
    expect(await findTokenizer('me/tiny', sources, kept())).toMatchObject({ ok: true })
    expect(outside.asked).toEqual([])
  })

  test('that nobody has is a diagnostic that names where it was looked for', async () => {
    const offline = (): Promise<Response> => Promise.reject(new TypeError('Failed to fetch'))
    const sources = [{ url: 'http://box', fetch: site({}).fetch, keep: false }, hub(offline)]
    const found = await findTokenizer('me/tiny', sources, kept())
    expect(found).toMatchObject({ ok: false, error: { code: 'WK0002' } })
    const message = found.ok ? '' : found.error.message
    expect(message).toContain('http://box/me/tiny/resolve/main/tokenizer.json answers 404')
    expect(message).toContain('Failed to fetch')
  })
})

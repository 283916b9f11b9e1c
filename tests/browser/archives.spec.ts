/** A checkpoint archive in a real page: across origins, cut and resumed by range, unpacked into the page's private file system. */
import { gzipSync } from 'node:zlib'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@playwright/test'
import { writeTar } from '../../src/base/tarWriter.ts'
import type * as Sinks from '../../src/tinker/archives/sinks.ts'
import type * as Unpack from '../../src/tinker/archives/unpack.ts'
import { ROOT, bundleModule } from './bundleModule.ts'

test('is downloaded, resumed and unpacked into the private file system', async ({ page }) => {
  const weights = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 2654435761) >>> 24)
  const chunks: Uint8Array[] = []
  for await (const chunk of writeTar([{ name: 'deep/w.bin', size: weights.length, content: weights }]))
    chunks.push(chunk)
  const archive = gzipSync(Buffer.concat(chunks), { level: 0 })

  const asked: (string | undefined)[] = []
  const script = await bundle()
  const files = createServer((request, response) => {
    const { range } = request.headers
    const from = range === undefined ? 0 : Number(/\d+/.exec(range)![0])
    const part = archive.subarray(from)
    asked.push(request.method === 'OPTIONS' ? 'OPTIONS' : range)
    response.writeHead(from > 0 ? 206 : 200, {
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'etag, content-range',
      etag: '"1"',
      'content-length': part.length,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${archive.length - 1}/${archive.length}` } : {}),
    })
    if (from > 0) response.end(part)
    else response.write(part.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50))
  })
  const app = createServer((request, response) => {
    const js = request.url === '/archives.js'
    response
      .writeHead(200, { 'content-type': js ? 'text/javascript' : 'text/html' })
      .end(js ? script : '<!doctype html>')
  })
  try {
    const [filesUrl, appUrl] = await Promise.all([files, app].map(listen))
    await page.goto(appUrl!)
    const outcome = await page.evaluate(async (url) => {
      const own = '/archives.js'
      const library = (await import(own)) as typeof Unpack & typeof Sinks
      const root = await navigator.storage.getDirectory()
      const result = await library.downloadArchive({
        address: async () => url,
        sink: library.directorySink(root),
        backoffMs: 10,
      })
      const folder = await root.getDirectoryHandle('deep')
      const bytes = new Uint8Array(await (await (await folder.getFileHandle('w.bin')).getFile()).arrayBuffer())
      const gone = await library.downloadArchive({
        address: async () => 'http://127.0.0.1:1/',
        sink: library.memorySink(),
        attempts: 1,
      })
      return { result, length: bytes.length, right: bytes.every((byte, i) => byte === (i * 2654435761) >>> 24), gone }
    }, filesUrl!)
    expect(outcome).toMatchObject({
      result: { ok: true },
      length: weights.length,
      right: true,
      gone: { ok: false, error: { kind: 'offline' } },
    })
    expect(asked[0]).toBeUndefined()
    expect(asked.slice(1)).toEqual([expect.stringMatching(/^bytes=\d+-$/)])
  } finally {
    for (const server of [files, app]) {
      server.closeAllConnections()
      server.close()
    }
  }
})

async function bundle(): Promise<string> {
  const source = `export * from '${ROOT}src/tinker/archives/unpack.ts'; export * from '${ROOT}src/tinker/archives/sinks.ts'`
  const [entry] = await bundleModule(source)
  return entry.code
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

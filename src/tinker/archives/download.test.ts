/** Downloads over real HTTP: whole, cut and resumed, changed, refused, stalled and cancelled; into memory, folders and page folders. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { writeTar } from '../../base/tarWriter.ts'
import { fileHost } from '../testing/fileHost.ts'
import type { FileHost, HostAnswer } from '../testing/fileHost.ts'
import { memoryFolder } from '../testing/memoryFolder.ts'
import type { DownloadProgress } from './download.ts'
import { archiveDiagnostic } from './failure.ts'
import { folderSink } from './node.ts'
import { directorySink, memorySink } from './sinks.ts'
import type { ArchiveSink } from './sinks.ts'
import { downloadArchive, downloadFiles } from './unpack.ts'
import type { DownloadArchiveOptions } from './unpack.ts'

let archive: Uint8Array
const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251)
let host: FileHost | null = null

beforeAll(async () => {
  const config = new TextEncoder().encode('{"r": 8}')
  const chunks: Uint8Array[] = []
  for await (const chunk of writeTar([
    { name: 'adapter_config.json', size: config.length, content: config },
    { name: 'deep/adapter_model.safetensors', size: weights.length, content: weights },
  ]))
    chunks.push(chunk)
  archive = Uint8Array.from(Buffer.concat(chunks))
})

afterEach(async () => {
  await host?.close()
  host = null
})

async function fetched(
  answers: (request: number) => Partial<HostAnswer>,
  options: Partial<DownloadArchiveOptions> = {},
): Promise<{ code: string | null; files: ReadonlyMap<string, Uint8Array>; message: string }> {
  host = await fileHost((request) => ({ bytes: archive, ...answers(request) }))
  const sink = memorySink()
  const { url } = host
  const result = await downloadArchive({ address: async () => `${url}/a.tar`, sink, backoffMs: 1, ...options })
  if (result.ok) return { code: null, files: sink.files, message: '' }
  return { code: archiveDiagnostic(result.error).code, files: sink.files, message: result.error.message }
}

describe('an archive', () => {
  test('arrives whole, with progress up to its size', async () => {
    const seen: DownloadProgress[] = []
    const { code, files } = await fetched(() => ({}), { onProgress: (progress) => seen.push(progress) })
    expect(code).toBeNull()
    expect(Buffer.from(files.get('deep/adapter_model.safetensors')!).equals(weights)).toBe(true)
    expect(seen.at(-1)).toEqual({ received: archive.length, total: archive.length })
    expect(seen.every((step, i) => i === 0 || step.received > seen[i - 1]!.received)).toBe(true)
  })

  test('that is cut goes on where it was, again and again', async () => {
    const { code, files } = await fetched(() => ({ cutAfter: 70_001, etag: '"v1"' }))
    expect(code).toBeNull()
    expect(Buffer.from(files.get('deep/adapter_model.safetensors')!).equals(weights)).toBe(true)
    expect(host!.requests.length).toBeGreaterThan(3)
    expect(host!.requests.slice(1).map((request) => request.range)).not.toContain(undefined)
  })

  test('whose host knows no ranges is read again up to the cut', async () => {
    const { code, files } = await fetched((n) => ({
      ignoreRange: true,
      ...(n < 2 ? { cutAfter: 90_000 + n * 50_000 } : {}),
    }))
    expect(code).toBeNull()
    expect(Buffer.from(files.get('deep/adapter_model.safetensors')!).equals(weights)).toBe(true)
  })

  test('that changed after the cut is TK4032, and nothing is kept', async () => {
    const { code, files } = await fetched((n) => ({ etag: `"v${n}"`, ...(n === 0 ? { cutAfter: 1000 } : {}) }))
    expect([code, files.size]).toEqual(['TK4032', 0])
  })

  test('that is cut for ever is TK4030 after the attempts', async () => {
    const { code } = await fetched((n) => ({ cutAfter: n === 0 ? 5000 : 0 }), { attempts: 3 })
    expect(code).toBe('TK4030')
    expect(host!.requests).toHaveLength(3)
  })

  test('whose address is refused is asked for again, then TK4031 with the status', async () => {
    let asked = 0
    host = await fileHost((_, path) => (path === '/good' ? { bytes: archive } : { bytes: archive, status: 403 }))
    const { url } = host
    const address = async (): Promise<string> => `${url}/${asked++ === 0 ? 'expired' : 'good'}`
    const sink = memorySink()
    expect((await downloadArchive({ address, sink, backoffMs: 1 })).ok).toBe(true)
    await host.close()
    expect(await fetched(() => ({ status: 403 }), { attempts: 2 })).toMatchObject({ code: 'TK4031' })
    await host.close()
    const gone = await fetched(() => ({ status: 404 }))
    expect([gone.code, host.requests.length]).toEqual(['TK4031', 1])
    expect(gone.message).toContain('404')
  })

  test('of a host that is not there is TK4030 and speaks of CORS', async () => {
    const sink = memorySink()
    const result = await downloadArchive({
      address: async () => 'http://127.0.0.1:9/a',
      sink,
      attempts: 2,
      backoffMs: 1,
    })
    expect(result.ok ? null : archiveDiagnostic(result.error).code).toBe('TK4030')
    expect(result.ok ? '' : result.error.message).toContain('CORS')
  })

  test("on the server's own disk is TK4037", async () => {
    const result = await downloadArchive({ address: async () => 'file:///data/ckpt.tar', sink: memorySink() })
    expect(result.ok ? null : archiveDiagnostic(result.error).code).toBe('TK4037')
  })

  test('that stalls is asked for again after the idle time', async () => {
    const { code } = await fetched((n) => (n === 0 ? { stallAfter: 100_000 } : {}), { idleMs: 100 })
    expect(code).toBeNull()
    expect(host!.requests.map((request) => request.range)).toEqual([undefined, 'bytes=100000-'])
  })

  test('that is cancelled while it stalls ends at once, leaving nothing', async () => {
    const cancel = new AbortController()
    const started = performance.now()
    const onProgress = (): void => void setTimeout(() => cancel.abort(), 20)
    const { code, files } = await fetched(() => ({ stallAfter: 100_000 }), { signal: cancel.signal, onProgress })
    expect([code, files.size]).toEqual(['TK4001', 0])
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('is asked for with headers only when told', async () => {
    await fetched(() => ({}), { headers: { 'x-api-key': 'k' } })
    expect(host!.requests[0]!.key).toBe('k')
  })

  test('rejects with what the address rejects with', async () => {
    const refusal = new Error('no such checkpoint')
    const address = async (): Promise<string> => Promise.reject(refusal)
    await expect(downloadArchive({ address, sink: memorySink() })).rejects.toBe(refusal)
  })
})

test('files with an address each arrive under safe names', async () => {
  host = await fileHost((_, path) => ({ bytes: new TextEncoder().encode(path) }))
  const { url } = host
  const sink = memorySink()
  const result = await downloadFiles({ a: async () => `${url}/1`, 'b/c': async () => `${url}/2` }, { sink })
  expect(result).toEqual({
    ok: true,
    value: {
      files: [
        { name: 'a', size: 2 },
        { name: 'b/c', size: 2 },
      ],
      bytes: 4,
    },
  })
  const evil = await downloadFiles({ '../a': async () => `${url}/1` }, { sink: memorySink() })
  expect(evil.ok ? null : evil.error.kind).toBe('unsafe')
})

describe('a folder of the disk', () => {
  const inFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), 'archive-'))
    try {
      await work(folder)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  test('has all files, or is not there', async () => {
    await inFolder(async (folder) => {
      const target = join(folder, 'run_weights_0001')
      expect(await fetched(() => ({ cutAfter: 0 }), { sink: folderSink(target), attempts: 2 })).toMatchObject({
        code: 'TK4030',
      })
      await host!.close()
      expect(readdirSync(folder)).toEqual([])
      expect(
        await fetched((n) => (n > 0 ? { status: 404 } : { cutAfter: 200_000 }), { sink: folderSink(target) }),
      ).toMatchObject({ code: 'TK4031' })
      await host!.close()
      expect(readdirSync(folder)).toEqual([])
      expect(await fetched(() => ({}), { sink: folderSink(target) })).toMatchObject({ code: null })
      expect(readFileSync(join(target, 'deep/adapter_model.safetensors')).equals(weights)).toBe(true)
      expect(readdirSync(folder)).toEqual(['run_weights_0001'])
    })
  })

  test('that exists is TK4036, or replaced whole when asked for', async () => {
    await inFolder(async (folder) => {
      const target = join(folder, 'mine')
      mkdirSync(target)
      writeFileSync(join(target, 'old.txt'), '')
      expect(await fetched(() => ({}), { sink: folderSink(target) })).toMatchObject({ code: 'TK4036' })
      await host!.close()
      expect(readdirSync(target)).toEqual(['old.txt'])
      expect(await fetched(() => ({}), { sink: folderSink(target, { overwrite: true }) })).toMatchObject({ code: null })
      expect(readdirSync(target).sort()).toEqual(['adapter_config.json', 'deep'])
      expect(readdirSync(folder)).toEqual(['mine'])
    })
  })
})

describe('a folder of the page', () => {
  test('has all files, or none', async () => {
    const whole = memoryFolder()
    expect(await fetched(() => ({}), { sink: directorySink(whole) })).toMatchObject({ code: null })
    expect(Object.keys(whole.files())).toEqual(['adapter_config.json', 'deep/adapter_model.safetensors'])
    await host!.close()
    const cut = memoryFolder()
    expect(
      await fetched((n) => (n > 0 ? { status: 404 } : { cutAfter: 200_000 }), { sink: directorySink(cut) }),
    ).toMatchObject({ code: 'TK4031' })
    expect(Object.keys(cut.files())).toEqual([])
  })

  test('that is full is TK4036 with its own words', async () => {
    const full: ArchiveSink = { ...memorySink(), open: async () => Promise.reject(new Error('QuotaExceededError')) }
    const { code, message } = await fetched(() => ({}), { sink: full })
    expect([code, message.includes('QuotaExceededError')]).toEqual(['TK4036', true])
  })
})

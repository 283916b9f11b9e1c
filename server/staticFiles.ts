/** The built page: right types, long caching for hashed names, compression once per file. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import { promisify } from 'node:util'
import zlib from 'node:zlib'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}
const COMPRESSIBLE = /^(text|application\/(json|jsonl|javascript|wasm|manifest\+json)|image\/svg)/
const FOREVER = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'no-cache'
/** Names that the build puts a hash in. */
const HASHED = /^assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/

type Stored = {
  readonly mtimeMs: number
  readonly plain: Uint8Array<ArrayBuffer>
  readonly etag: string
  packed: Map<string, Promise<Uint8Array<ArrayBuffer>>>
}

const packers: Readonly<Record<string, (bytes: Uint8Array) => Promise<Buffer>>> = {
  br: (bytes) => promisify(zlib.brotliCompress)(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (bytes) => promisify(zlib.gzip)(bytes, { level: 6 }),
}

/** A handler over a folder. Unknown paths without an extension are the page itself; others are 404. */
export function staticFiles(folder: string): (request: Request) => Promise<Response> {
  const cache = new Map<string, Stored>()

  async function load(path: string): Promise<Stored | null> {
    const file = join(folder, path)
    const info = await stat(file).catch(() => null)
    if (info === null || !info.isFile()) return null
    const known = cache.get(path)
    if (known !== undefined && known.mtimeMs === info.mtimeMs) return known
    const plain = new Uint8Array(await readFile(file))
    const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
    const stored = { mtimeMs: info.mtimeMs, plain, etag, packed: new Map<string, Promise<Uint8Array<ArrayBuffer>>>() }
    cache.set(path, stored)
    return stored
  }

  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return new Response('only GET and HEAD', { status: 405, headers: { allow: 'GET, HEAD' } })
    const asked = pathOf(new URL(request.url).pathname)
    if (asked === null) return new Response('no such file', { status: 404 })
    const path = asked === '' || extname(asked) === '' ? 'index.html' : asked
    const stored = await load(path)
    if (stored === null) return new Response('no such file', { status: 404 })
    const type = TYPES[extname(path)] ?? 'application/octet-stream'
    const headers: Record<string, string> = {
      'content-type': type,
      'cache-control': HASHED.test(path) ? FOREVER : ASK_AGAIN,
      etag: stored.etag,
      vary: 'Accept-Encoding',
    }
    if (request.headers.get('if-none-match')?.includes(stored.etag)) return new Response(null, { status: 304, headers })
    const encoding = COMPRESSIBLE.test(type) ? bestEncoding(request.headers.get('accept-encoding')) : null
    const body = encoding === null ? stored.plain : await packed(stored, encoding)
    if (encoding !== null) headers['content-encoding'] = encoding
    headers['content-length'] = String(body.length)
    return new Response(request.method === 'HEAD' ? null : body, { headers })
  }
}

function packed(stored: Stored, encoding: string): Promise<Uint8Array<ArrayBuffer>> {
  const known = stored.packed.get(encoding)
  if (known !== undefined) return known
  const made = packers[encoding]!(stored.plain).then((bytes) => new Uint8Array(bytes))
  stored.packed.set(encoding, made)
  return made
}

function bestEncoding(accepts: string | null): string | null {
  const offered = (accepts ?? '').split(',').filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part))
  const names = new Set(offered.map((part) => part.split(';')[0]!.trim().toLowerCase()))
  return ['br', 'gzip'].find((name) => names.has(name)) ?? null
}

/** Relative path inside the folder; null for one that would leave it or name a hidden file. */
function pathOf(pathname: string): string | null {
  let text: string
  try {
    text = decodeURIComponent(pathname)
  } catch {
    return null
  }
  const path = normalize(text.replace(/^\/+/, '')).split(sep).join('/')
  if (path === '.') return ''
  if (text.includes('\0') || path.split('/').some((segment) => segment.startsWith('.'))) return null
  return path
}

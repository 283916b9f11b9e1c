/**
 * A hub on loopback with what pushing needs: repositories, branches, preupload, Git LFS (one request, parts, verify) and commits. It
 * checks what the real one checks: token, sizes, SHA-256, parts, that committed large files were uploaded. A second port is its storage.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { commitOf } from './hubCommit.ts'

export type HubRepository = {
  readonly visibility: string
  /** Branch → path → content. */
  readonly branches: Map<string, Map<string, Buffer>>
  readonly pullRequests: Map<string, Buffer>[]
  readonly commits: { readonly branch: string; readonly summary: string }[]
}

export type HubServer = {
  readonly url: string
  readonly storageUrl: string
  readonly repositories: Map<string, HubRepository>
  /** Stored large files by SHA-256. */
  readonly objects: Map<string, Buffer>
  /** `METHOD path` of the hub and of storage, in order. */
  readonly asked: string[]
  /** Authorization headers that storage saw; a client must not send it any. */
  readonly leaked: string[]
  /** Answers this status once to the next request whose line matches. */
  failNext(line: RegExp, status: number): void
  close(): Promise<void>
}

export type HubSettings = {
  readonly token: string
  /** Files from this size on are large ones. */
  readonly largeFrom?: number
  /** Large files from this size on are uploaded in parts of it. */
  readonly partSize?: number
  readonly verify?: boolean
  /** Does not show a part's checksum, as storage without CORS for it. */
  readonly hideEtag?: boolean
}

export async function hubServer(settings: HubSettings): Promise<HubServer> {
  const { token, largeFrom = 1000, partSize = Infinity, verify = true } = settings
  const repositories: HubServer['repositories'] = new Map()
  const objects = new Map<string, Buffer>()
  const parts = new Map<string, Buffer>()
  const asked: string[] = []
  const leaked: string[] = []
  const failures: { line: RegExp; status: number }[] = []

  const hub = await listen(async (request, body, answer) => {
    const url = new URL(request.url!, 'http://hub')
    const route = `${request.method} ${url.pathname}`
    if (request.headers.authorization !== `Bearer ${token}`) {
      return answer(401, { error: `Invalid credentials in Authorization header ${request.headers.authorization}` })
    }
    const json = (): unknown => JSON.parse(body.toString())
    if (route === 'GET /api/whoami-v2') return answer(200, { name: 'me', type: 'user' })
    if (route === 'POST /api/repos/create') {
      const {
        name,
        organization,
        visibility,
        type = 'model',
      } = json() as { name: string; organization?: string; visibility?: string; type?: string }
      const id = `${organization ?? 'me'}/${name}`
      if (type !== 'model' || !/^[\w.-]+$/.test(name)) return answer(400, { error: 'Invalid repository' })
      if (repositories.has(id)) return answer(409, { error: 'You already created this model repo', url: id })
      repositories.set(id, {
        visibility: visibility ?? 'public',
        branches: new Map([['main', new Map()]]),
        pullRequests: [],
        commits: [],
      })
      return answer(200, { url: `${origin(hub.server)}/${id}`, id, name: id })
    }
    const found = /^\/(?:api\/models\/)?([\w.-]+\/[\w.-]+?)(?:\.git)?\/(.+)$/.exec(url.pathname)
    const repository = found && repositories.get(found[1]!)
    if (!repository) return answer(404, { error: 'Repository not found' })
    const [action, ...rest] = found[2]!.split('/')
    const branch = decodeURIComponent(rest[0] ?? '')
    const pullRequest = url.searchParams.get('create_pr') === '1'
    if (action === 'branch') {
      if (repository.branches.has(branch)) return answer(409, { error: 'Reference already exists' })
      repository.branches.set(branch, new Map(repository.branches.get('main')))
      return answer(200, {})
    }
    if (action === 'resolve') {
      const file = repository.branches.get(branch)?.get(rest.slice(1).join('/'))
      return file ? answer(200, file) : answer(404, { error: 'Entry not found' })
    }
    if (action === 'info' && rest.join('/') === 'lfs/objects/batch') {
      const {
        operation,
        transfers,
        objects: wanted,
        hash_algo,
      } = json() as {
        operation: string
        transfers: string[]
        hash_algo?: string
        objects: { oid: string; size: number }[]
      }
      const right = operation === 'upload' && transfers.includes('basic') && transfers.includes('multipart')
      if (!right || (hash_algo ?? 'sha256').replace('_', '') !== 'sha256')
        return answer(422, { error: 'Unknown transfer' })
      if (request.headers['content-type'] !== 'application/vnd.git-lfs+json')
        return answer(415, { error: 'Not Git LFS' })
      const actions = wanted.map(({ oid, size }) => ({
        oid,
        size,
        ...(objects.has(oid) ? {} : { actions: actionsFor(oid, size) }),
      }))
      return answer(200, { transfer: 'basic', objects: actions })
    }
    if (action === 'verify') {
      const { oid, size } = json() as { oid: string; size: number }
      const stored = objects.get(oid)
      return stored?.length === size ? answer(200, {}) : answer(422, { error: 'Size mismatch' })
    }
    if (!repository.branches.has(branch)) return answer(404, { error: `Invalid rev id: ${branch}` })
    if (action === 'preupload') {
      const { files } = json() as { files: { path: string; size: number; sample: string }[] }
      if (files.some((file) => Buffer.from(file.sample, 'base64').length !== Math.min(512, file.size)))
        return answer(400, { error: 'Bad sample' })
      const modes = files.map(({ path, size }) => ({
        path,
        shouldIgnore: false,
        uploadMode: size >= largeFrom || path.endsWith('.safetensors') ? 'lfs' : 'regular',
      }))
      return answer(200, { files: modes })
    }
    if (action === 'commit') {
      const committed = commitOf(request.headers['content-type'], body, objects)
      if ('error' in committed) return answer(400, committed)
      const { files, summary } = committed
      if (pullRequest) repository.pullRequests.push(files)
      else for (const [path, content] of files) repository.branches.get(branch)!.set(path, content)
      repository.commits.push({ branch, summary })
      const commitOid = createHash('sha1').update(body).digest('hex')
      const base = `${origin(hub.server)}/${found[1]}`
      const more = pullRequest ? { pullRequestUrl: `${base}/discussions/${repository.pullRequests.length}` } : {}
      return answer(200, {
        success: true,
        commitOid,
        commitUrl: `${base}/commit/${commitOid}`,
        hookOutput: '',
        ...more,
      })
    }
    return answer(404, { error: 'Not found' })
  })

  const storage = await listen(async (request, body, answer) => {
    if (request.headers.authorization !== undefined) leaked.push(request.headers.authorization)
    const [, kind, oid, number] = request.url!.split('/')
    if (kind === 'object') {
      if (createHash('sha256').update(body).digest('hex') !== oid) return answer(400, {})
      objects.set(oid!, body)
      return answer(200, '', { etag: '"whole"' })
    }
    if (kind === 'part') {
      parts.set(`${oid}/${number}`, body)
      const etag = `"${createHash('md5').update(body).digest('hex')}"`
      return answer(200, '', settings.hideEtag ? {} : { etag })
    }
    const { parts: told } = JSON.parse(body.toString()) as { parts: { partNumber: number; etag: string }[] }
    const whole = told.map(({ partNumber, etag }) => {
      const part = parts.get(`${oid}/${partNumber}`)
      return part && etag === `"${createHash('md5').update(part).digest('hex')}"` ? part : null
    })
    if (whole.includes(null)) return answer(400, {})
    const content = Buffer.concat(whole as Buffer[])
    if (createHash('sha256').update(content).digest('hex') !== oid) return answer(400, {})
    objects.set(oid!, content)
    return answer(200, {})
  })

  function actionsFor(oid: string, size: number): unknown {
    const base = origin(storage.server)
    const href = `${base}/object/${oid}`
    const count = Math.ceil(size / partSize)
    const numbered = Array.from({ length: count }, (_, i) => [
      String(i + 1).padStart(5, '0'),
      `${base}/part/${oid}/${i + 1}`,
    ])
    const upload =
      size < partSize
        ? { href }
        : { href: `${base}/complete/${oid}`, header: { chunk_size: String(partSize), ...Object.fromEntries(numbered) } }
    const first = [...repositories.keys()][0]
    return { upload, ...(verify ? { verify: { href: `${origin(hub.server)}/${first}/verify` } } : {}) }
  }

  async function listen(
    handle: (
      request: IncomingMessage,
      body: Buffer,
      answer: (status: number, body: unknown, headers?: Record<string, string>) => void,
    ) => Promise<void>,
  ): Promise<{ server: Server }> {
    const server = createServer((request, response) => void serve(request, response, handle))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { server }
  }

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    handle: Parameters<typeof listen>[0],
  ): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const line = `${request.method} ${request.url}`
    asked.push(line)
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      const plain = typeof body === 'string' || Buffer.isBuffer(body)
      const type = plain ? 'application/octet-stream' : 'application/json'
      response.writeHead(status, { 'content-type': type, ...headers }).end(plain ? body : JSON.stringify(body))
    }
    const failing = failures.findIndex((failure) => failure.line.test(line))
    if (failing !== -1) {
      const { status } = failures.splice(failing, 1)[0]!
      return void (status === 0 ? response.destroy() : answer(status, { error: `told to answer ${status}` }))
    }
    await handle(request, Buffer.concat(chunks), answer)
  }

  return {
    url: origin(hub.server),
    storageUrl: origin(storage.server),
    repositories,
    objects,
    asked,
    leaked,
    failNext: (line, status) => void failures.push({ line, status }),
    async close() {
      for (const { server } of [hub, storage]) {
        await new Promise<void>((resolve) => {
          server.close(() => resolve())
          server.closeAllConnections()
        })
      }
    },
  }
}

function origin(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

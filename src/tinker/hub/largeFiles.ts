/** Large files by the hub's form of Git LFS: one request, or parts with signed addresses. */
import { call, callJson, malformed } from './hubCalls.ts'
import type { HubConnection } from './hubCalls.ts'
import { HubError } from './failure.ts'

export type LargeFile = { readonly path: string; readonly bytes: Uint8Array<ArrayBuffer>; readonly sha256: string }

const LFS_JSON = { accept: 'application/vnd.git-lfs+json', 'content-type': 'application/vnd.git-lfs+json' }
type Action = { readonly href: string; readonly header: Readonly<Record<string, string>> }

/**
 * Uploads what the hub does not have.
 * @param repo `user/name`
 * @param ref branch; null for a pull request
 * @param onSent called with the bytes of each part that has arrived, or was there already
 */
export async function uploadLargeFiles(
  hub: HubConnection,
  repo: string,
  ref: string | null,
  files: readonly LargeFile[],
  onSent: (file: LargeFile, bytes: number) => void,
): Promise<void> {
  if (files.length === 0) return
  const url = `${hub.endpoint}/${repo}.git/info/lfs/objects/batch`
  const objects = files.map(({ sha256, bytes }) => ({ oid: sha256, size: bytes.length }))
  const json = {
    operation: 'upload',
    transfers: ['basic', 'multipart'],
    hash_algo: 'sha256',
    ...(ref === null ? {} : { ref: { name: ref } }),
    objects,
  }
  const answer = await callJson(hub, { phase: 'uploading', method: 'POST', url, headers: LFS_JSON, json })
  const answers = Array.isArray(answer['objects']) ? (answer['objects'] as readonly Record<string, unknown>[]) : []
  // Two files of one content are one object.
  for (const file of new Map(files.map((file) => [file.sha256, file])).values()) {
    const object = answers.find((candidate) => candidate['oid'] === file.sha256)
    if (!object) throw malformed('uploading', 'the request for upload addresses')
    const error = object['error'] as { code?: unknown; message?: unknown } | undefined
    if (error) {
      const message = `The hub refuses ${file.path}: ${String(error.message)}.`
      throw new HubError({
        kind: 'rejected',
        phase: 'uploading',
        message,
        ...(typeof error.code === 'number' ? { status: error.code } : {}),
      })
    }
    const actions = object['actions'] as { upload?: unknown; verify?: unknown } | undefined
    // No action: the hub has the content, from here or from another repository.
    if (!actions?.upload) onSent(file, file.bytes.length)
    else await uploadOne(hub, file, actionOf(actions.upload), actions.verify ? actionOf(actions.verify) : null, onSent)
  }
}

async function uploadOne(
  hub: HubConnection,
  file: LargeFile,
  upload: Action,
  verify: Action | null,
  onSent: (file: LargeFile, bytes: number) => void,
): Promise<void> {
  const { href, header } = upload
  const chunk = header['chunk_size']
  if (chunk === undefined) {
    await call(hub, { phase: 'uploading', method: 'PUT', url: href, body: file.bytes })
    onSent(file, file.bytes.length)
  } else {
    const parts = await uploadParts(hub, file, header, Number(chunk), (bytes) => onSent(file, bytes))
    const body = JSON.stringify({ oid: file.sha256, parts })
    await call(hub, { phase: 'uploading', method: 'POST', url: href, headers: LFS_JSON, body })
  }
  if (verify) {
    const json = { oid: file.sha256, size: file.bytes.length }
    const headers = { 'content-type': 'application/json' }
    await call(hub, { phase: 'uploading', method: 'POST', url: verify.href, headers, body: JSON.stringify(json) })
  }
}

async function uploadParts(
  hub: HubConnection,
  { path, bytes }: LargeFile,
  header: Action['header'],
  chunk: number,
  onSent: (bytes: number) => void,
): Promise<{ partNumber: number; etag: string }[]> {
  const numbers = Object.keys(header)
    .filter((key) => /^\d+$/.test(key))
    .sort((a, b) => Number(a) - Number(b))
  if (!(chunk > 0) || numbers.length !== Math.ceil(bytes.length / chunk))
    throw malformed('uploading', `the request to upload ${path} in parts`)
  const done: { partNumber: number; etag: string }[] = []
  for (const [i, number] of numbers.entries()) {
    const part = bytes.subarray(i * chunk, (i + 1) * chunk)
    const response = await call(hub, { phase: 'uploading', method: 'PUT', url: header[number]!, body: part })
    const etag = response.headers.get('etag')
    if (etag === null) {
      const { host } = new URL(header[number]!)
      const message = `${host} does not show the checksum of a part to pages (CORS), so ${path} cannot be completed; push from the command line.`
      throw new HubError({ kind: 'offline', phase: 'uploading', host, message })
    }
    done.push({ partNumber: Number(number), etag })
    onSent(part.length)
  }
  return done
}

function actionOf(value: unknown): Action {
  const { href, header = {} } = value as { href?: unknown; header?: Action['header'] }
  if (typeof href !== 'string' || !URL.canParse(href)) throw malformed('uploading', 'the request for upload addresses')
  return { href, header }
}

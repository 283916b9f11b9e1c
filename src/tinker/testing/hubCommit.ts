/** Reads the NDJSON body of a commit as the hub does: a header first, then files with content and large files by checksum. */
export type ReadCommit = { readonly summary: string; readonly files: Map<string, Buffer> } | { readonly error: string }

export function commitOf(
  contentType: string | undefined,
  body: Buffer,
  objects: ReadonlyMap<string, Buffer>,
): ReadCommit {
  if (contentType !== 'application/x-ndjson') return { error: `Unexpected content type ${contentType}` }
  const lines = body
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { key: string; value: Record<string, unknown> })
  const [header, ...operations] = lines
  if (header?.key !== 'header' || typeof header.value['summary'] !== 'string' || header.value['summary'] === '') {
    return { error: 'The first line must be the header with a summary' }
  }
  const files = new Map<string, Buffer>()
  for (const { key, value } of operations) {
    const path = String(value['path'])
    if (path.startsWith('/') || path.split('/').includes('..')) return { error: `Invalid path ${path}` }
    if (key === 'file' && value['encoding'] === 'base64')
      files.set(path, Buffer.from(String(value['content']), 'base64'))
    else if (key === 'lfsFile' && value['algo'] === 'sha256') {
      const stored = objects.get(String(value['oid']))
      if (!stored) return { error: `LFS pointer pointed to a file that does not exist: ${path}` }
      if (value['size'] !== undefined && value['size'] !== stored.length) return { error: `Wrong size of ${path}` }
      files.set(path, stored)
    } else return { error: `Unknown operation ${key}` }
  }
  return files.size === 0
    ? { error: 'No files have been modified since last commit' }
    : { summary: header.value['summary'], files }
}

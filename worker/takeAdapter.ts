/** Adapters that a person hands to the page become checkpoints of the embedded backend, and go again. */
import type { EmbeddedBackend } from '#src/backend/index.ts'
import { memorySink } from '#src/tinker/archives/sinks.ts'
import { unpackArchive } from '#src/tinker/archives/unpack.ts'
import { checkpointRoute, parseCheckpointPath } from '#src/tinker/wire/checkpointPath.ts'
import { diagnose } from './codes.ts'
import type { AdapterReport, AdapterUpload } from './protocol.ts'

const ARCHIVE = /\.(tar|tar\.gz|tgz)$/i

/** Takes the files of a folder, or one archive of them. Never rejects: what cannot be taken over is said in the report. */
export async function takeAdapter(
  backend: Pick<EmbeddedBackend, 'importAdapter'>,
  { name, files }: AdapterUpload,
): Promise<AdapterReport> {
  try {
    return { ok: true, ...(await backend.importAdapter({ name, files: await unpacked(files) })) }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    const message = `“${name}” cannot be used: ${detail}.`
    return { ok: false, diagnostic: diagnose('WK0008', { on: 'document' }, message, { data: { detail } }) }
  }
}

async function unpacked(files: AdapterUpload['files']): Promise<AdapterUpload['files']> {
  const archive = Object.keys(files).find((file) => ARCHIVE.test(file))
  if (archive === undefined) return files
  const sink = memorySink()
  const read = await unpackArchive(new Blob([files[archive]!.slice()]).stream(), sink)
  if (!read.ok) throw new Error(read.error.message)
  // Archives of other services may keep the files in a folder.
  return Object.fromEntries([...sink.files].map(([path, bytes]) => [path.split('/').at(-1)!, bytes]))
}

/** Checkpoints that are gone already are no error. */
export async function dropAdapter(backend: Pick<EmbeddedBackend, 'fetch'>, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const parsed = parseCheckpointPath(path)
    if (!parsed.ok) continue
    const url = `http://embedded.tunegraph${checkpointRoute(parsed.value)}`
    await backend.fetch(new Request(url, { method: 'DELETE' }))
  }
}

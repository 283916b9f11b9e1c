/** Documents and their versions in this browser. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { AssetId, DocId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import { err, ok } from '../base/result.ts'
import type { GraphDoc } from '../graph/model.ts'
import { collectAssets } from './assets.ts'
import { diagnose } from './codes.ts'
import { assetIdsOf, contentOf, documentOf } from './content.ts'
import type { DocumentHead, StoredContent, StoredVersion } from './schema.ts'
import type { Storage } from './storage.ts'
import { commit, within } from './transactions.ts'

/** Automatic versions kept per document; named ones are kept until they are deleted. */
export const VERSIONS_KEPT = 20
/** While a document is edited, what it was is kept this often. */
export const VERSION_EVERY_MS = 600_000

export type OpenedDocument = {
  /** For the codec: stored data is read like any file. */
  readonly raw: unknown
  readonly revision: number
  /** Files whose text is gone. */
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Saves the document; texts of its files only where they are not stored yet. `expected` is the revision that the caller
 * last read or saved (0 = never stored). Returns the new revision, or PS6011 when another tab has saved meanwhile.
 */
export async function saveDocument(
  storage: Storage,
  doc: GraphDoc,
  expected: number,
  now: number,
): Promise<Result<number, Diagnostic>> {
  const content = contentOf(doc)
  const assets = assetIdsOf(content)
  const saved = await storage.use('The document', async (db) => {
    const tx = db.transaction(['documents', 'contents', 'versions', 'assets'], 'readwrite')
    let revision: number | null = expected + 1
    await commit(tx, async () => {
      const documents = tx.objectStore('documents')
      const contents = tx.objectStore('contents')
      const before = await documents.get(doc.id)
      if ((before?.revision ?? 0) !== expected) {
        revision = null
        return
      }
      const earlier = before && (await contents.get(doc.id))
      if (before && earlier) {
        await keepVersion(tx.objectStore('versions'), before, earlier.content, now)
      }
      const stored = tx.objectStore('assets')
      for (const id of assets) {
        if ((await stored.getKey(id)) === undefined) {
          await stored.put({ id, text: doc.assets[id]!.text, addedAt: now })
        }
      }
      const openedAt = before?.openedAt ?? now
      await documents.put({ id: doc.id, title: doc.title, updatedAt: now, openedAt, revision: expected + 1, assets })
      await contents.put({ id: doc.id, content })
    })
    return revision
  })
  if (!saved.ok) return saved
  if (saved.value !== null) return ok(saved.value)
  const message = 'Another tab has saved this document since it was opened here. Save this one as a copy to keep both.'
  return err(diagnose('PS6011', { on: 'document' }, message))
}

/** Heads, last changed first. */
export async function listDocuments(storage: Storage): Promise<Result<readonly DocumentHead[], Diagnostic>> {
  return storage.use('The list of documents', async (db) =>
    (await db.getAll('documents')).sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1)),
  )
}

/** The document that was opened last; null when there is none. */
export async function lastOpened(storage: Storage): Promise<Result<DocId | null, Diagnostic>> {
  const heads = await listDocuments(storage)
  if (!heads.ok) return heads
  return ok([...heads.value].sort((a, b) => b.openedAt - a.openedAt)[0]?.id ?? null)
}

/** Reads a document and notes that it was opened now. */
export async function openDocument(
  storage: Storage,
  id: DocId,
  now: number,
): Promise<Result<OpenedDocument, Diagnostic>> {
  const read = await storage.use('The document', async (db) => {
    const tx = db.transaction(['documents', 'contents', 'assets'], 'readwrite')
    let found: OpenedDocument | null = null
    await commit(tx, async () => {
      const head = await tx.objectStore('documents').get(id)
      const stored = await tx.objectStore('contents').get(id)
      if (!head || !stored) return
      await tx.objectStore('documents').put({ ...head, openedAt: now })
      const texts = await textsOf(head.assets, (asset) => tx.objectStore('assets').get(asset))
      found = { ...documentOf(stored.content, texts), revision: head.revision }
    })
    return found as OpenedDocument | null
  })
  if (!read.ok) return read
  return read.value ? ok(read.value) : err(missing('This document'))
}

/** Deletes a document with its versions, and files that nothing else needs. Runs of it stay in the history. */
export async function deleteDocument(storage: Storage, id: DocId): Promise<Result<void, Diagnostic>> {
  const deleted = await storage.use('The document', (db) => {
    const tx = db.transaction(['documents', 'contents', 'versions'], 'readwrite')
    return commit(tx, () =>
      Promise.all([
        tx.objectStore('documents').delete(id),
        tx.objectStore('contents').delete(id),
        tx.objectStore('versions').delete(within(id)),
      ]),
    )
  })
  return deleted.ok ? await collectAssets(storage) : deleted
}

export type VersionHead = { readonly at: number; readonly name: string | null; readonly nodes: number }

/** Newest first. */
export async function listVersions(storage: Storage, id: DocId): Promise<Result<readonly VersionHead[], Diagnostic>> {
  return storage.use('The versions of the document', async (db) =>
    (await db.getAll('versions', within(id)))
      .map(({ at, name, content }) => ({ at, name, nodes: Object.keys(content.nodes).length }))
      .reverse(),
  )
}

/** Keeps the document as it is now under a name. */
export async function nameVersion(
  storage: Storage,
  doc: GraphDoc,
  name: string,
  now: number,
): Promise<Result<void, Diagnostic>> {
  const content = contentOf(doc)
  const assets = assetIdsOf(content)
  return storage.use('The version', (db) => {
    const tx = db.transaction(['versions', 'assets'], 'readwrite')
    return commit(tx, async () => {
      for (const id of assets) await tx.objectStore('assets').put({ id, text: doc.assets[id]!.text, addedAt: now })
      await tx.objectStore('versions').put({ doc: doc.id, at: now, name, assets, content })
    })
  })
}

export async function openVersion(
  storage: Storage,
  id: DocId,
  at: number,
): Promise<Result<Omit<OpenedDocument, 'revision'>, Diagnostic>> {
  const read = await storage.use('The version', async (db) => {
    const tx = db.transaction(['versions', 'assets'])
    const version = await tx.objectStore('versions').get([id, at])
    if (!version) return null
    const texts = await textsOf(version.assets, (asset) => tx.objectStore('assets').get(asset))
    return documentOf(version.content, texts)
  })
  if (!read.ok) return read
  return read.value ? ok(read.value) : err(missing('This version'))
}

export async function deleteVersion(storage: Storage, id: DocId, at: number): Promise<Result<void, Diagnostic>> {
  return storage.use('The version', (db) => db.delete('versions', [id, at]))
}

type Versions = {
  getAll(range: IDBKeyRange): Promise<StoredVersion[]>
  put(version: StoredVersion): Promise<unknown>
  delete(key: [string, number]): Promise<void>
}

/** Before it is written over: what the document was, unless a version as young as `VERSION_EVERY_MS` exists. */
async function keepVersion(versions: Versions, head: DocumentHead, content: StoredContent, now: number): Promise<void> {
  const all = await versions.getAll(within(head.id))
  const newest = all.at(-1)
  if (newest && now - newest.at < VERSION_EVERY_MS) return
  if (newest?.at === head.updatedAt) return
  await versions.put({ doc: head.id, at: head.updatedAt, name: null, assets: head.assets, content })
  const automatic = all.filter((v) => v.name === null)
  for (const old of automatic.slice(0, Math.max(0, automatic.length + 1 - VERSIONS_KEPT))) {
    await versions.delete([old.doc, old.at])
  }
}

async function textsOf(
  ids: readonly AssetId[],
  get: (id: AssetId) => Promise<{ readonly text: string } | undefined>,
): Promise<{ readonly [asset: string]: string }> {
  const texts: { [asset: string]: string } = {}
  for (const id of ids) {
    const asset = await get(id)
    if (asset) texts[id] = asset.text
  }
  return texts
}

function missing(what: string): Diagnostic {
  return diagnose('PS6007', { on: 'document' }, `${what} is no longer in the storage of this browser.`)
}

/** A document taken apart for storing, and put together again: drawings change often, the texts of their files never. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { AssetId } from '../base/ids.ts'
import type { GraphDoc } from '../graph/model.ts'
import { diagnose } from './codes.ts'
import type { AssetHead, StoredContent } from './schema.ts'

export function contentOf(doc: GraphDoc): StoredContent {
  const assets: { [id: string]: AssetHead } = {}
  for (const [id, { text: _text, ...head }] of Object.entries(doc.assets)) assets[id] = head
  return { ...doc, assets }
}

export function assetIdsOf(content: StoredContent): readonly AssetId[] {
  return Object.keys(content.assets) as AssetId[]
}

/**
 * The stored document as the codec reads it. A file whose text is gone is left out and reported; the nodes that need it
 * keep naming it.
 */
export function documentOf(
  content: StoredContent,
  texts: { readonly [asset: string]: string },
): { readonly raw: unknown; readonly diagnostics: readonly Diagnostic[] } {
  const assets: { [id: string]: unknown } = {}
  const diagnostics: Diagnostic[] = []
  for (const [id, head] of Object.entries(content.assets)) {
    const text = texts[id]
    if (text !== undefined) assets[id] = { ...head, text }
    else {
      const message = `The file ${head.name} is no longer in the storage of this browser. Give it to its dataset node again.`
      diagnostics.push(diagnose('PS6010', { on: 'document' }, message, { data: { asset: id } }))
    }
  }
  return { raw: { ...content, assets }, diagnostics }
}
